"""Evaluation of checkpoints on a test split."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.data.dataset import Dataset, keep_sample, load_dataset
from emnist_tui.learning.data.digits import resolve_auto
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.inference.restore import checkpoint_loaded, read_checkpoint, read_checkpoints, restore_network
from emnist_tui.learning.inference.training_data import describe_change, load_training_data, recorded_source
from emnist_tui.learning.models.device import choose_device, choose_threads, describe_device, device_notice
from emnist_tui.learning.models.device_errors import evaluation_explained
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import EVALUATING, Evaluated, Event, PhaseStarted
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.listing import Entry, bare_checkpoint


@evaluation_explained()
def evaluate_checkpoint(
    path: Path,
    *,
    data: str | None,
    device: str,
    output: Path | None,
    on_event: Callable[[Event], None],
    foreign: ForeignWeights = RECOGNIZED,
) -> Evaluation:
    """Evaluate a checkpoint on the test split of `data`.

    `data` is by default the data it was trained on. The evaluation is saved in the directory `output`, if given. Raises
    `EmnistTuiError` if the checkpoint or the data is unusable, `OSError` if `output` cannot be written.
    """
    checkpoint = read_checkpoint(path, foreign)
    torch_device, dataset, source = _prepare(checkpoint, path, data, device, on_event)
    return _evaluate(checkpoint, path, foreign, dataset, torch_device, output, on_event, data, source)


@evaluation_explained()
def evaluate_checkpoints(
    paths: Sequence[Path],
    *,
    data: str | None,
    device: str,
    on_event: Callable[[Event], None],
    foreign: Sequence[ForeignWeights] | None = None,
) -> list[Evaluation]:
    """Evaluate several checkpoints on the test split of `data`.

    `data` is by default the data the first was trained on; `foreign` are the user's choices for each. Raises as
    `evaluate_checkpoint` does.
    """
    choices = foreign or [RECOGNIZED] * len(paths)
    checkpoints = read_checkpoints(paths, choices)
    torch_device, dataset, source = _prepare(checkpoints[0], paths[0], data, device, on_event)
    return [
        _evaluate(checkpoint, path, chosen, dataset, torch_device, None, on_event, data, source)
        for checkpoint, path, chosen in zip(checkpoints, paths, choices, strict=True)
    ]


def _prepare(
    checkpoint: Checkpoint, path: Path, data: str | None, device: str, on_event: Callable[[Event], None]
) -> tuple[torch.device, Dataset, str]:
    """Return the device, the data, and its source as `--data` takes it."""
    if notice := device_notice(device):
        on_event(PhaseStarted(phase=notice))
    torch_device = choose_device(device)
    choose_threads(None, torch_device)

    def on_phase(phase: str) -> None:
        on_event(PhaseStarted(phase=phase))

    dataset = load_dataset(data, on_phase=on_phase) if data else load_training_data(checkpoint, path, on_phase)
    keep_sample(dataset)
    source = resolve_auto(data or recorded_source(checkpoint, path), dataset.name)
    return torch_device, dataset, source


def _evaluate(
    checkpoint: Checkpoint,
    path: Path,
    foreign: ForeignWeights,
    dataset: Dataset,
    device: torch.device,
    output: Path | None,
    on_event: Callable[[Event], None],
    data: str | None,
    source: str,
) -> Evaluation:
    restored = restore_network(path, checkpoint, foreign, dataset.train)
    loaded = checkpoint_loaded(path, checkpoint, restored, dataset, describe_device(device))
    loaded = replace(loaded, source=source)
    changed = describe_change(checkpoint, path, dataset) if data is None else None
    loaded = replace(loaded, warning=" ".join(filter(None, [loaded.warning, changed])) or None)
    on_event(loaded)
    on_event(PhaseStarted(phase=EVALUATING))
    training = checkpoint.training
    predictor = Predictor(restored.network.to(device), dataset.test.to(device), device, examined=restored.model)
    for progress in predictor:
        if progress:
            on_event(progress)
    evaluation = predictor.evaluation(dataset.name, "test", dataset.fingerprint)
    if output:
        evaluation.save(output / "evaluation.npz")
    on_event(
        Evaluated(
            split="test",
            epoch=training.progress.epoch if training and training.progress.evaluated else 0,
            step=loaded.step or 0,
            loss=evaluation.loss,
            accuracy=evaluation.accuracy,
            images=evaluation.images,
            file="evaluation.npz",
            unit_health=[layer.to_json() for layer in predictor.unit_health()],
        )
    )
    return evaluation


def describe_checkpoint(path: Path) -> Entry:
    """Describe a checkpoint for the list of runs.

    The entry of an unusable file has a `problem`.
    """
    entry = bare_checkpoint(path)
    try:
        checkpoint = load_checkpoint(path)
    except EmnistTuiError as error:
        return replace(entry, problem=str(error))
    training = checkpoint.training
    if training is None:
        return replace(entry, model=checkpoint.model)
    return replace(
        entry,
        model=checkpoint.model,
        data=training.data,
        epoch=training.progress.epoch,
        epochs=training.config.epochs,
        step=training.progress.step,
        seed=training.config.seed,
        learning_rate=training.config.learning_rate,
        batch_size=training.config.batch_size,
        test_accuracy=training.metrics.get("test_accuracy"),
    )
