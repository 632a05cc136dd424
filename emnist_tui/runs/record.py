"""State of a run, computed from its events.

The events and numpy are imported with the first event and batch: the app's first frame may have neither.
"""

from __future__ import annotations

import time
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import LAST_CHECKPOINT
from emnist_tui.runs.learning_rates import add_change, rate_at
from emnist_tui.runs.schedule import learning_rate as scheduled_rate
from emnist_tui.runs.throughput import Throughput
from emnist_tui.runs.training_time import TrainingTime
from emnist_tui.runs.unit_health import UnitHealth

if TYPE_CHECKING:
    from emnist_tui.runs import events
    from emnist_tui.runs.folder import RunFolder
    from emnist_tui.runs.history import History

_RECENT = 60.0  # seconds since the last event of a trainer that is there


class RunState(StrEnum):
    """State of a run in one word."""

    STARTING = "starting"
    TRAINING = "training"
    EVALUATING = "evaluating"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"
    """Perhaps live: the trainer's lock cannot be read, and no event is recent."""

    @property
    def is_live(self) -> bool:
        """True while a trainer is, or may be, working or paused."""
        return self in (
            RunState.STARTING,
            RunState.TRAINING,
            RunState.EVALUATING,
            RunState.PAUSED,
            RunState.UNKNOWN,
        )


class RunRecord:
    """State of a run after the events applied so far, in order."""

    def __init__(self) -> None:
        self._history: History | None = None
        self.started: events.RunStarted | None = None
        self.config: TrainConfig | None = None
        self.phase: events.PhaseStarted | None = None
        """Current wait other than training, if any."""
        self.evaluation_progress: events.EvaluationAdvanced | None = None
        self.epochs: list[events.EpochEnded] = []
        self.evaluations: list[events.Evaluated] = []
        self.loaded: events.CheckpointLoaded | None = None
        self.checkpoint: events.CheckpointSaved | None = None
        self.last_checkpoint: events.CheckpointSaved | None = None
        """Newest write of last.pt."""
        self.checkpoint_failure: events.CheckpointFailed | None = None
        self.stuck: events.StuckAtChance | None = None
        self.first_rate: float | None = None
        """Learning rate that the run began with."""
        self.learning_rates: list[events.LearningRateChanged] = []
        """Changes that hold, in order of their steps; those after the current step will be repeated."""
        self.stopped_early: events.StoppedEarly | None = None
        self.units = UnitHealth()
        self.paused = False
        self.ended: events.RunEnded | None = None
        self.failed: events.RunFailed | None = None
        self.step = 0
        self.epoch = 0
        self.first_time: float | None = None
        self.last_time: float | None = None
        self._throughput = Throughput()
        self._time = TrainingTime()

    @property
    def history(self) -> History:
        """Loss and accuracy of the batches."""
        if self._history is None:
            from emnist_tui.runs.history import History

            self._history = History()
        return self._history

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the whole run; 0 until it has started."""
        return self.started.steps_per_epoch * self.config.epochs if self.started and self.config else 0

    @property
    def first_config(self) -> TrainConfig | None:
        """Config to train anew, with the rate before any change."""
        return replace(self.config, learning_rate=self.first_rate) if self.config and self.first_rate else None

    @property
    def learning_rate(self) -> float | None:
        """Learning rate set now: with a schedule, the peak."""
        return rate_at(self.learning_rates, self.step, self.config.learning_rate) if self.config else None

    @property
    def scheduled_rate(self) -> float | None:
        """Learning rate of the next batch, or the run's last one."""
        return self.scheduled_rate_at(min(self.step, self.total_steps - 1))

    def scheduled_rate_at(self, step: int) -> float | None:
        """Return the learning rate of the batch after `step`, by the schedule."""
        if self.config is None or self.total_steps <= 0:
            return None
        highest = rate_at(self.learning_rates, step, self.config.learning_rate)
        return scheduled_rate(replace(self.config, learning_rate=highest), step, self.total_steps)

    @property
    def epoch_split(self) -> str:
        """Split that epochs are evaluated on."""
        return "validation" if self.config and self.config.validation else "test"

    @property
    def best_epoch(self) -> events.Evaluated | None:
        """Evaluation of the first epoch with the best validation accuracy."""
        validated = [evaluated for evaluated in self.evaluations if evaluated.split == "validation"]
        return max(validated, key=lambda evaluated: evaluated.accuracy, default=None)

    @property
    def images_per_second(self) -> float | None:
        """Recent throughput in training, or that of the whole ended run."""
        if self.ended:
            return self.ended.images_per_second
        rate = self._throughput.steps_per_second
        return rate * self.config.batch_size if self.config and rate is not None else None

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds of training left at the current throughput."""
        rate = self.images_per_second
        if not rate or not self.config or self.ended:
            return None
        return (self.total_steps - self.step) * self.config.batch_size / rate

    @property
    def trained_seconds(self) -> float:
        """Seconds of training so far, without pauses and evaluations.

        Those of an unfinished epoch are known once its trainer has ended.
        """
        return self._time.seconds(self.epochs)

    @property
    def current_loss(self) -> float | None:
        """Mean loss of the last `SMOOTHING` batches, in nats."""
        return self._history.current(self._history.loss) if self._history else None

    @property
    def current_accuracy(self) -> float | None:
        """Mean accuracy of the last `SMOOTHING` batches, 0 to 1."""
        return self._history.current(self._history.accuracy) if self._history else None

    @property
    def early_end(self) -> str | None:
        """Reason of a finished run's early end, in a few words."""
        is_finished = self.ended is not None and self.ended.reason == "finished"
        return self.stopped_early.reason if self.stopped_early and is_finished else None

    @property
    def is_exhausted(self) -> bool:
        """Whether the patience is used up, so that more epochs need another."""
        if not (self.config and self.config.patience and self.epochs and self.best_epoch):
            return False
        return self.epochs[-1].epoch - self.best_epoch.epoch >= self.config.patience

    @property
    def is_impaired(self) -> bool:
        """Whether all filters died, or many units of a layer."""
        return self.stuck is not None or any(layer.is_notable for layer in self.units.lost)

    @property
    def has_ended(self) -> bool:
        """Whether the last trainer wrote its end."""
        return bool(self.ended or self.failed)

    def last_evaluation(self, split: str = "test") -> events.Evaluated | None:
        """Return the newest evaluation of a split, if any."""
        return next((evaluated for evaluated in reversed(self.evaluations) if evaluated.split == split), None)

    def state(self, *, is_training: bool | None) -> RunState:
        """Derive the state, given whether a trainer holds the folder.

        Where that is unknown (None), a trainer is known to be there while its events are recent.
        """
        if self.ended:
            return RunState.FINISHED if self.ended.reason == "finished" else RunState.STOPPED
        if self.failed:
            return RunState.FAILED
        if is_training is None and abs(time.time() - (self.last_time or 0.0)) > _RECENT:
            return RunState.UNKNOWN
        if is_training is False:
            return RunState.INTERRUPTED
        if self.paused:
            return RunState.PAUSED
        if self.phase:
            return RunState.EVALUATING if self.phase.is_evaluation else RunState.STARTING
        return RunState.TRAINING if self.started else RunState.STARTING

    def apply(self, event: events.Event) -> None:
        """Update the state by the next event."""
        from emnist_tui.runs import events

        self.first_time = self.first_time or event.time
        self.last_time = event.time
        match event:
            case events.Batches():
                self._apply_batches(event)
            case events.PhaseStarted():
                self.phase, self.evaluation_progress = event, None
                # A phase after the end belongs to a trainer that resumes.
                self.ended = self.failed = None
                self._throughput.clear()
            case events.EvaluationAdvanced():
                self.evaluation_progress = event
            case events.RunStarted():
                self._apply_started(event)
            case events.Evaluated():
                self.phase = self.evaluation_progress = None
                self.evaluations.append(event)
            case events.EpochEnded():
                self.epochs.append(event)
                self.step = max(self.step, event.step)  # a record without batches learns it here
            case events.CheckpointSaved():
                self.checkpoint, self.checkpoint_failure = event, None
                self.step = max(self.step, event.step)
                if event.file == LAST_CHECKPOINT:
                    self.last_checkpoint = event
            case events.CheckpointLoaded():
                self.loaded = event
            case events.CheckpointFailed():
                self.checkpoint_failure = event
            case events.StuckAtChance():
                self.stuck = event
            case events.LearningRateChanged():
                add_change(self.learning_rates, event)
                self.step = event.step  # of which a record without batches does not know
            case events.StoppedEarly():
                self.stopped_early = event
            case events.UnitsChanged():
                self.units.apply(event)
            case events.Paused():
                self.paused = True
                self._throughput.clear()
            case events.Resumed():
                self.paused = False
            case events.RunEnded():
                self.ended, self.phase, self.paused = event, None, False
                self.step = max(self.step, event.step)
                self._time.end(event, self.epochs)
            case events.RunFailed():
                self.failed, self.phase, self.paused = event, None, False

    def _apply_batches(self, event: events.Batches) -> None:
        self.phase = self.evaluation_progress = None
        self.history.append(event.step, event.loss, event.accuracy)
        self.step, self.epoch = event.step, event.epoch
        self._throughput.add(event.time, event.step)

    def _apply_started(self, event: events.RunStarted) -> None:
        try:
            self.config = TrainConfig.from_json(event.config)
        except UsageError:
            return
        self.first_rate = self.first_rate or self.config.learning_rate
        self.started, self.phase, self.paused = event, None, False
        self.ended = self.failed = self.stuck = self.stopped_early = None
        self._throughput.clear()
        if event.resumed_at_step is not None:
            self.step = event.resumed_at_step
            self.units.drop_after(self.step)
            if self._history is not None:
                self._history.drop_after(self.step)
            self.epochs = [epoch for epoch in self.epochs if epoch.step <= self.step]
            self.evaluations = [evaluated for evaluated in self.evaluations if evaluated.step <= self.step]
        self._time.start(event, self.epochs)


def summarize(folder: RunFolder) -> RunRecord:
    """Read a run without its batches, quickly however long the run is."""
    from emnist_tui.runs import event_log

    record = RunRecord()
    try:
        for event in event_log.read_events(folder.events, batches=False):
            record.apply(event)
    except OSError:
        pass
    return record
