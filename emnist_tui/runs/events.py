"""The events of a run or download: the lines of events.jsonl.

Each line is a JSON object with `event` (its name) and `time` (Unix seconds). Readers ignore what they do not know.
"""

import json
import time as clock
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

FORMAT_VERSION = 1
EVALUATING = "evaluating"
"""Prefix of the phase of an evaluation; every other phase precedes training."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Fields that every event has."""

    event: ClassVar[str]
    time: float = field(default_factory=clock.time)

    def to_line(self) -> str:
        """Encode the event as a line of JSON with its newline.

        Fields that are None are left out. Raises `ValueError` on a number that JSON cannot represent.
        """
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "time"}
        present = {name: value for name, value in values.items() if value is not None}
        record = {"event": self.event, "time": round(self.time, 3), **present}
        return json.dumps(record, allow_nan=False, separators=(",", ":")) + "\n"


@dataclass(frozen=True, kw_only=True)
class PhaseStarted(Event):
    """Start of a wait, such as loading torch or evaluating."""

    event = "phase_started"
    phase: str

    @property
    def is_evaluation(self) -> bool:
        return self.phase.startswith(EVALUATING)


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """Start of training, before the first batch.

    A resumed run repeats it with `resumed_at_step`.
    """

    event = "run_started"
    format: int = FORMAT_VERSION
    config: dict[str, Any]
    model: str
    parameters: int
    data: str
    fingerprint: str
    train_images: int
    validation_images: int
    test_images: int
    steps_per_epoch: int
    device: str
    threads: int
    seed: int
    versions: dict[str, Any]
    resumed_at_step: int | None = None
    resumed_seconds: float | None = None
    """Training time of the unfinished epoch up to that step; None in files of earlier versions."""
    way: str | None = None
    """How optimizer steps are taken, such as `autograd`; None in files of earlier versions."""
    device_uuid: str | None = None
    """Identifier of the GPU for its driver; None on other devices."""
    notice: str | None = None
    """Doubt about the device, as a sentence."""


@dataclass(frozen=True, kw_only=True)
class Batches(Event):
    """Metrics of the batches since the previous line, one entry per batch."""

    event = "batches"
    epoch: int
    step: int
    """Optimizer step of the last batch in this line, counted from 1 over the whole run."""
    loss: list[float]
    """Mean cross-entropy of each batch in nats, as the shortest decimal that gives its float32."""
    accuracy: list[float]
    """Accuracy on each batch, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class EvaluationAdvanced(Event):
    """Progress of an evaluation, in images."""

    event = "evaluation_advanced"
    images: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """Result of an evaluation; `file` in the same folder holds the predictions."""

    event = "evaluated"
    split: str
    epoch: int
    """0 if the weights are from within an epoch, or unknown."""
    step: int
    loss: float
    accuracy: float
    images: int
    file: str
    unit_health: list[dict[str, Any]] | None = None
    """Each `LayerHealth`, on this split; None in files of earlier versions."""


@dataclass(frozen=True, kw_only=True)
class EpochEnded(Event):
    """Training metrics of a finished epoch."""

    event = "epoch_ended"
    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    seconds: float
    """Training time, without pauses and evaluations."""
    images_per_second: float


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    """A written checkpoint."""

    event = "checkpoint_saved"
    file: str
    step: int


@dataclass(frozen=True, kw_only=True)
class CheckpointLoaded(Event):
    """A checkpoint opened for an evaluation of its own."""

    event = "checkpoint_loaded"
    file: str
    model: str
    parameters: int
    data: str
    device: str
    source: str | None = None
    """Source of that data, as `--data` takes it; None in files of earlier versions."""
    epoch: int | None = None
    """Epoch of its last batch; None if the file does not say."""
    step: int | None = None
    weights: str | None = None
    """Key of the weights in a foreign file; None if they are all that it holds."""
    other_weights: list[str] | None = None
    """Keys of other weights in the file, which were not used."""
    input_scaling: str | None = None
    """Scaling of the pixels that a foreign network was trained on, as `--input-scaling` takes it."""
    orientation: str | None = None
    """Orientation of the images that a foreign network was trained on."""
    warning: str | None = None
    """Doubt about the input, or other data than that of the training, as a sentence."""


@dataclass(frozen=True, kw_only=True)
class CheckpointFailed(Event):
    """A failed write of a checkpoint; training continues and tries again."""

    event = "checkpoint_failed"
    error: str
    step: int


@dataclass(frozen=True, kw_only=True)
class StuckAtChance(Event):
    """A loss no better than guessing: this seed's filters have died."""

    event = "stuck_at_chance"
    epoch: int
    step: int
    loss: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class UnitsChanged(Event):
    """Units, as in `LayerHealth`, that died, saturated or revived by `step`."""

    event = "units_changed"
    epoch: int
    step: int
    layer: str
    kind: str
    state: str
    unit: str
    of: int
    died: list[int]
    revived: list[int]
    confirmed: bool
    """Found on the whole split; False if on a sample of it."""


@dataclass(frozen=True, kw_only=True)
class LearningRateChanged(Event):
    """A new learning rate, from the batch after `step` on."""

    event = "learning_rate_changed"
    epoch: int
    step: int
    learning_rate: float
    """The new value of the config's field: with a schedule, the peak learning rate."""


@dataclass(frozen=True, kw_only=True)
class StoppedEarly(Event):
    """An early end, after `patience` epochs without a better validation accuracy."""

    event = "stopped_early"
    epoch: int
    step: int
    best_epoch: int

    @property
    def reason(self) -> str:
        """The end of the run in a few words."""
        return f"early, after epoch {self.epoch} (best {self.best_epoch})"


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """A pause after the batch of `step`."""

    event = "paused"
    step: int


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    """The end of a pause."""

    event = "resumed"
    step: int


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The regular end of a run."""

    event = "run_ended"
    reason: str
    """`finished` or `stopped`."""
    step: int
    seconds: float
    """Training time, without pauses and evaluations; a resumed run counts from where it resumed."""
    images_per_second: float
    train_loss: float | None = None
    train_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class RunFailed(Event):
    """The end of a run or download by an error."""

    event = "run_failed"
    error: str
    hint: str = ""
    network: str | None = None
    """Recorded file of a network of one's own, which the user has to name."""
    device: str | None = None
    """Device on which the run can be resumed, if its own has failed."""
    cause: str | None = None  # `diverged` or `disk`; None for any other, and in files of earlier versions


@dataclass(frozen=True, kw_only=True)
class DownloadStarted(Event):
    """Start of a download; earlier lines belong to another one."""

    event = "download_started"
    url: str
    """Address without a password."""
    root: str
    """Data root that the digits are installed in."""


@dataclass(frozen=True, kw_only=True)
class DownloadAdvanced(Event):
    """Progress of a download, in bytes."""

    event = "download_advanced"
    received: int
    total: int
    """Size of the download; 0 if the server does not say."""
    bytes_per_second: float
    """Speed over the last seconds; 0 before the first byte."""


@dataclass(frozen=True, kw_only=True)
class DataInstalled(Event):
    """Verified digits in place."""

    event = "data_installed"
    root: str
    train_images: int
    test_images: int
