"""Looking at a checkpoint on its own: what it is, and how it does on a test split."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.data.dataset import Dataset, Split, load_dataset, resolve_auto
from emnist_tui.learning.inference.predictor import Predictor, scale
from emnist_tui.learning.models.device import choose_device, choose_threads, describe_device
from emnist_tui.learning.models.registry import build_model, count_parameters
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import EVALUATING, CheckpointLoaded, Evaluated, Event, PhaseStarted
from emnist_tui.runs.listing import Entry, bare_checkpoint

_SAMPLE = 2000  # images that tell whether a network was trained on EMNIST's images as they are stored


class Transposed(nn.Module):
    """A network trained on EMNIST's images as they are stored, on their side, made to take upright ones."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Logits, float32 [N, 10], of upright images float32 [N, 1, 28, 28]."""
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
    """Predicts the test split of `data`, by default of what the checkpoint was trained on; kept in `output` if given.

    Raises `EmnistTuiError` when the checkpoint or the data will not do, `OSError` when `output` cannot be written.
    """
    checkpoint = load_checkpoint(path)
    chosen, dataset = _prepare(checkpoint, data, device, on_event)
    return _evaluate(checkpoint, path, dataset, chosen, output, on_event)


def evaluate_checkpoints(
    paths: Sequence[Path], *, data: str | None, device: str, on_event: Callable[[Event], None]
) -> list[Evaluation]:
    """Predicts one test split with each checkpoint: of `data`, by default of what the first was trained on.

    Raises as `evaluate_checkpoint` does.
    """
    checkpoints = [load_checkpoint(path) for path in paths]
    chosen, dataset = _prepare(checkpoints[0], data, device, on_event)
    return [
        _evaluate(checkpoint, path, dataset, chosen, None, on_event)
        for checkpoint, path in zip(checkpoints, paths, strict=True)
    ]


def _prepare(
    checkpoint: Checkpoint, data: str | None, device: str, on_event: Callable[[Event], None]
) -> tuple[torch.device, Dataset]:
    chosen = choose_device(device)
    choose_threads(None, chosen)
    return chosen, load_dataset(
        data or trained_on(checkpoint), on_phase=lambda phase: on_event(PhaseStarted(phase=phase))
    )


def _evaluate(
    checkpoint: Checkpoint,
    path: Path,
    dataset: Dataset,
    chosen: torch.device,
    output: Path | None,
    on_event: Callable[[Event], None],
) -> Evaluation:
    training = checkpoint.training
    test = dataset.test.to(chosen)
    model = restore(checkpoint, test).to(chosen)
    epoch, step = (training.progress.epoch, training.progress.step) if training else (None, None)
    on_event(
        CheckpointLoaded(
            file=path.name,
            model=checkpoint.model,
            parameters=count_parameters(model),
            data=dataset.name,
            device=describe_device(chosen),
            epoch=epoch,
            step=step,
        )
    )
    on_event(PhaseStarted(phase=EVALUATING))
    prediction = Predictor(model, test, chosen)
    for progress in prediction:
        if progress:
            on_event(progress)
    evaluation = prediction.evaluation(dataset.name, "test", dataset.fingerprint)
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


def trained_on(checkpoint: Checkpoint) -> str:
    """The source of the data that it was trained on, `auto` where it does not say."""
    training = checkpoint.training
    return resolve_auto(training.config.data, training.data) if training else "auto"


def describe_checkpoint(path: Path) -> Entry:
    """The row of a checkpoint in the list; what is wrong with the file is its `problem`."""
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


def restore(checkpoint: Checkpoint, test: Split) -> nn.Module:
    """The network, `Transposed` where somebody's script trained it on images as they are stored; in evaluation mode.

    Which way it was trained, for a checkpoint that does not say, is told from how it does on `test`.
    """
    model = build_model(checkpoint.model)
    model.load_state_dict(checkpoint.state_dict)
    model.eval()
    if checkpoint.training is None:
        sample = scale(test.images[:_SAMPLE].cpu())
        labels = test.labels[:_SAMPLE].cpu()
        turned = Transposed(model)
        with torch.inference_mode():
            if (turned(sample).argmax(1) == labels).sum() > (model(sample).argmax(1) == labels).sum():
                return turned
    return model
