"""The facts in a run's first and last event."""

import platform
import sys
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

import emnist_tui
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.models.device import describe_device, device_notice, device_uuid
from emnist_tui.learning.models.registry import count_parameters
from emnist_tui.learning.training.run_data import RunData
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import RunEnded, RunFailed, RunStarted
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.models import model_label


def run_started(
    config: TrainConfig,
    data: RunData,
    model: nn.Module,
    device: torch.device,
    threads: int,
    resumed: Progress | None,
    way: str | None = None,
    notices: Sequence[str] = (),
) -> RunStarted:
    """Describe a run before its first batch.

    `resumed` is the progress so far, `way` how optimizer steps are taken, `notices` sentences on why they
    are slower than they could be.
    """
    return RunStarted(
        config=config.to_json(),
        model=model_label(config.model),
        parameters=count_parameters(model),
        data=data.name,
        fingerprint=data.fingerprint,
        train_images=len(data.train),
        validation_images=len(data.validation) if data.validation else 0,
        test_images=len(data.test),
        steps_per_epoch=-(-len(data.train) // config.batch_size),
        device=describe_device(device),
        threads=threads,
        seed=config.seed,
        versions={
            "emnist_tui": emnist_tui.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            **_versions_of_cuda(device),
        },
        resumed_at_step=resumed.step if resumed else None,
        resumed_seconds=(0.0 if resumed.evaluated else resumed.seconds) if resumed else None,
        way=way,
        device_uuid=device_uuid(device),
        notice=" ".join(filter(None, [device_notice(config.device), *notices])) or None,
    )


def _versions_of_cuda(device: torch.device) -> dict[str, str]:
    """Return the versions of torch's CUDA, and of Triton if used."""
    versions = {"cuda": torch.version.cuda, "triton": getattr(sys.modules.get("triton"), "__version__", None)}
    if device.type != "cuda":
        del versions["triton"]
    return {name: version for name, version in versions.items() if version}


def run_ended(reason: str, step: int, images: int, seconds: float, metrics: dict[str, float]) -> RunEnded:
    """Summarize a run that finished or was stopped.

    `images` and `seconds` were trained since it began or was resumed; `metrics` are those of a checkpoint.
    """
    return RunEnded(
        reason=reason,
        step=step,
        seconds=seconds,
        images_per_second=throughput(images, seconds),
        train_loss=metrics.get("train_loss"),
        train_accuracy=metrics.get("train_accuracy"),
        test_loss=metrics.get("test_loss"),
        test_accuracy=metrics.get("test_accuracy"),
    )


def diverged(step: int, config: TrainConfig) -> RunFailed:
    """Describe a run whose loss or weights are not finite."""
    return RunFailed(
        error=f"The loss is not a finite number after step {step:,}.",
        hint=f"Start a new run with a --learning-rate below {config.learning_rate:g}.",
        cause="diverged",
    )


def write_failed(error: str, folder: RunFolder) -> RunFailed:
    """Describe a run whose folder cannot be written."""
    return RunFailed(error=error, hint=f"Free some disk space, then resume with --resume {folder.name}.", cause="disk")


def rank_lost(error: str, folder: RunFolder) -> RunFailed:
    """Describe a run of which another rank has ended."""
    return RunFailed(error=error, hint=f"Start the ranks again with --resume {folder.name}.")


def metrics_of(evaluation: Evaluation) -> dict[str, float]:
    """Return an evaluation's loss, in nats, and accuracy, named by its split."""
    return {f"{evaluation.split}_loss": evaluation.loss, f"{evaluation.split}_accuracy": evaluation.accuracy}


def throughput(images: int, seconds: float) -> float:
    """Return images per second, 0 where no time was spent."""
    return images / seconds if seconds else 0.0
