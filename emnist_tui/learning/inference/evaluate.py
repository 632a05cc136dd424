"""Evaluation of checkpoints on a test split."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.data.dataset import Dataset, Split, load_dataset
from emnist_tui.learning.inference.predictor import Predictor, scale
from emnist_tui.learning.inference.training_data import load_training_data
from emnist_tui.learning.models.device import choose_device, choose_threads, describe_device
from emnist_tui.learning.models.registry import build_model, count_parameters
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import EVALUATING, CheckpointLoaded, Evaluated, Event, PhaseStarted
from emnist_tui.runs.listing import Entry, bare_checkpoint

_SAMPLE = 2000  # test images from which the orientation of unknown training images is inferred


class Transposed(nn.Module):
    """Adapter to upright images for a network of transposed ones.

    EMNIST's files store their images transposed, and some scripts train on them as they are.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits of upright images.

        From float32 [N, 1, 28, 28] to float32 [N, 10].
        """
        logits: Tensor = self.model(images.transpose(2, 3))
        return logits


def evaluate_checkpoint(
    path: Path,
    *,
    data: str | None,
    device: str,
    output: Path | None,
    on_event: Callable[[Event], None],
) -> Evaluation:
    """Evaluate a checkpoint on the test split of `data`.

    `data` is by default the data it was trained on. The evaluation is saved in the directory `output`, if given. Raises
    `EmnistTuiError` if the checkpoint or the data is unusable, `OSError` if `output` cannot be written.
    """
    checkpoint = load_checkpoint(path)
    torch_device, dataset = _prepare(checkpoint, path, data, device, on_event)
    return _evaluate(checkpoint, path, dataset, torch_device, output, on_event)


def evaluate_checkpoints(
    paths: Sequence[Path], *, data: str | None, device: str, on_event: Callable[[Event], None]
) -> list[Evaluation]:
    """Evaluate several checkpoints on the test split of `data`.

    `data` is by default the data the first was trained on. Raises as `evaluate_checkpoint` does.
    """
    checkpoints = [load_checkpoint(path) for path in paths]
    torch_device, dataset = _prepare(checkpoints[0], paths[0], data, device, on_event)
    return [
        _evaluate(checkpoint, path, dataset, torch_device, None, on_event)
        for checkpoint, path in zip(checkpoints, paths, strict=True)
    ]


def _prepare(
    checkpoint: Checkpoint, path: Path, data: str | None, device: str, on_event: Callable[[Event], None]
) -> tuple[torch.device, Dataset]:
    torch_device = choose_device(device)
    choose_threads(None, torch_device)

    def on_phase(phase: str) -> None:
        on_event(PhaseStarted(phase=phase))

    dataset = load_dataset(data, on_phase=on_phase) if data else load_training_data(checkpoint, path, on_phase)
    return torch_device, dataset


def _evaluate(
    checkpoint: Checkpoint,
    path: Path,
    dataset: Dataset,
    device: torch.device,
    output: Path | None,
    on_event: Callable[[Event], None],
) -> Evaluation:
    training = checkpoint.training
    test = dataset.test.to(device)
    model = restore_network(checkpoint, test).to(device)
    epoch, step = (training.progress.epoch, training.progress.step) if training else (None, None)
    on_event(
        CheckpointLoaded(
            file=path.name,
            model=checkpoint.model,
            parameters=count_parameters(model),
            data=dataset.name,
            device=describe_device(device),
            epoch=epoch,
            step=step,
        )
    )
    on_event(PhaseStarted(phase=EVALUATING))
    predictor = Predictor(model, test, device)
    for progress in predictor:
        if progress:
            on_event(progress)
    evaluation = predictor.evaluation(dataset.name, "test", dataset.fingerprint)
    if output:
        evaluation.save(output / "evaluation.npz")
    on_event(
        Evaluated(
            split="test",
            epoch=epoch or 0,
            step=step or 0,
            loss=evaluation.loss,
            accuracy=evaluation.accuracy,
            images=evaluation.images,
            file="evaluation.npz",
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
        test_accuracy=training.metrics.get("test_accuracy"),
    )


def restore_network(checkpoint: Checkpoint, test: Split) -> nn.Module:
    """Restore a checkpoint's network in evaluation mode, for upright images.

    The network of a foreign checkpoint, which does not record the orientation of its training images, is `Transposed`
    if that is more accurate on a sample of `test`.
    """
    model = build_model(checkpoint.model)
    model.load_state_dict(checkpoint.state_dict)
    model.eval()
    if checkpoint.training is None:
        sample = scale(test.images[:_SAMPLE].cpu())
        labels = test.labels[:_SAMPLE].cpu()
        transposed = Transposed(model).eval()
        with torch.inference_mode():
            if (transposed(sample).argmax(1) == labels).sum() > (model(sample).argmax(1) == labels).sum():
                return transposed
    return model
