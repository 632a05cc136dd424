"""The training loop, and the events it yields."""

import copy
import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from torch import nn

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Checkpoint, Progress, TrainingState, is_exhausted, load_checkpoint
from emnist_tui.learning.checkpoint.rng_state import restore_random
from emnist_tui.learning.data.dataset import Dataset, Split
from emnist_tui.learning.models.device import choose_device, choose_threads
from emnist_tui.learning.training import run_events
from emnist_tui.learning.training.chance_detector import ChanceDetector
from emnist_tui.learning.training.checkpointer import LAST, Checkpointer
from emnist_tui.learning.training.epoch_evaluation import EpochEvaluation
from emnist_tui.learning.training.lap_clock import LapClock
from emnist_tui.learning.training.learner import Learner
from emnist_tui.learning.training.ranks import ALONE, RankLostError, Ranks
from emnist_tui.learning.training.rate_changes import RateChanges
from emnist_tui.learning.training.resume import check_same_run
from emnist_tui.learning.training.retention import BEST
from emnist_tui.learning.training.run_data import split_dataset
from emnist_tui.learning.training.steps.choose import Print, silent
from emnist_tui.learning.training.unit_watch import UnitWatch
from emnist_tui.learning.training.weight_recorder import WeightRecorder
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired
from emnist_tui.runs.events import EpochEnded, Event, LearningRateChanged, Paused, Resumed, StoppedEarly, StuckAtChance
from emnist_tui.runs.folder import RunFolder

_REPORT_EVERY = 0.050  # seconds between two reports of batches; each waits for the device once
_PAUSE_POLL_EVERY = 0.050  # seconds


class Trainer:
    """Training of one run: epochs, evaluations, checkpoints and user requests.

    Epochs are evaluated on the validation split if the config holds one out, and the weights with the best validation
    accuracy, `best.pt`, on the test split at the end; otherwise epochs are evaluated on the test split.
    """

    def __init__(
        self,
        config: TrainConfig,
        folder: RunFolder,
        dataset: Dataset,
        *,
        checkpoint: Checkpoint | None = None,
        on_phase: Print = silent,
        ranks: Ranks = ALONE,
        tests_best: bool = True,
    ) -> None:
        """Prepare a new run, or resume one exactly from `checkpoint` (see `resume`).

        `on_phase` is called with descriptions of slow steps. Of `ranks` this process is the first. Without `tests_best`
        a validation split is all that is evaluated. Raises `UsageError` for an unavailable device, model or validation
        split, or a run that is over, and `EmnistTuiError` for a checkpoint of another dataset or config.
        """
        training = check_same_run(config, dataset, checkpoint, folder) if checkpoint else None
        self.config = config
        self.folder = folder
        self._ranks = ranks
        self._device = choose_device(ranks.device_of(config.device))
        self._threads = choose_threads(config.threads, self._device)
        self._data = split_dataset(dataset, config, self._device)
        self._tests_best = tests_best and self._data.validation is not None

        ranks.configure(config, dataset)
        self._learner = Learner(config, self._data.train, self._device, on_phase, ranks.team)
        self._progress = Progress()
        self._metrics: dict[str, float] = {}
        self._resumed_at: int | None = None
        if checkpoint and training:
            self._learner.restore(checkpoint)
            self._restore(training)
        ranks.restore(self._learner)
        self._rate_changes = RateChanges(folder.events, self._resumed_at)
        self._control = ranks.control(folder.control)
        self._checkpointer = Checkpointer(folder.path, config.keep_epochs)
        self._units = UnitWatch(config, self._data.selection[1], self._device, folder, self._resumed_at)
        self._images = 0  # trained since the run began or was resumed
        steps = -(-len(self._data.train) // config.batch_size)
        self._steps = config.epochs * steps
        self._recorder = WeightRecorder(folder, config, self._learner.evaluated, steps, self._resumed_at)
        self._chance_detector = ChanceDetector(self._steps)
        self.lap = LapClock()

    def request_stop(self) -> None:
        """Request a stop as control.json would; safe in a signal handler."""
        self._control.request_stop()

    def hold(self, is_held: bool) -> None:
        """Pause until released, whatever control.json says; safe in threads."""
        self._control.is_held = is_held

    def run(self) -> Iterator[Event]:
        """Train, yielding events; the last is one `RunEnded` or `RunFailed`.

        Raises `EmnistTuiError` if the network's outputs are not finite or `best.pt` is gone, and whatever torch raises.
        """
        resumed = None if self._resumed_at is None else self._progress
        facts = self._learner.model, self._device, self._threads, resumed, self._learner.way, self._learner.notices
        yield run_events.run_started(self.config, self._data, *facts)
        try:
            self._recorder.begin()
            yield from self._train_until_end()
        except _Diverged:
            yield run_events.diverged(self._progress.step, self.config)
        except OSError as error:
            problem = f"{self.folder.path} cannot be written ({error.strerror or error})."
            yield run_events.write_failed(problem, self.folder)
        finally:
            self._recorder.close(self._progress.step)

    def _train_until_end(self) -> Iterator[Event]:
        """Train to the end, or until user or rank end it."""
        try:
            yield from self._train_all()
            if not self.folder.last_checkpoint.exists():  # killed before it was saved, then resumed at the end
                yield from self._save(LAST)
            yield self._ended("finished")
        except _Stopped:
            yield from self._save(LAST)
            yield self._ended("stopped")
        except RankLostError as lost:
            yield from self._report()
            yield from self._save(LAST)
            yield run_events.rank_lost(str(lost), self.folder)

    def _train_all(self) -> Iterator[Event]:
        progress = self._progress
        for epoch in range(progress.epoch + progress.evaluated, self.config.epochs + 1):
            if is_exhausted(self._progress, self.config):
                best = self._progress.best_epoch
                yield StoppedEarly(epoch=self._progress.epoch, step=self._progress.step, best_epoch=best)
                break
            self._enter(epoch)
            yield from self._train_epoch()
            yield from self._end_epoch()
        if self._tests_best and not self._checkpointer.problem:
            yield from self._test_best()

    def _train_epoch(self) -> Iterator[Event]:
        self.lap.restart()
        self._learner.begin(self.config, self._progress, self._steps)
        step = due = self._progress.step
        while self._learner.left:
            self._repeat_rate_changes(step)
            yield from self._obey()
            if step == due:
                due += min(
                    self._units.until_due(step), self._rate_changes.until_due(step), self._recorder.until_due(step)
                )
            step += self._learner.take(due - step)
            self._recorder.watch(step)
            if self._units.is_due(step):
                yield from self._report()
                yield from self._units.examine(self._learner.evaluated, self._progress)
            if self.lap.seconds >= _REPORT_EVERY:
                yield from self._report(wait=False)
                if self._checkpointer.is_due:
                    yield from self._report()
                    yield from self._save(LAST)
        yield from self._report()

    def _end_epoch(self) -> Iterator[Event]:
        """Evaluate and save the epoch.

        Until both are done the epoch counts as not evaluated, so that a resumed run evaluates it again.
        """
        progress, images = self._progress, len(self._data.train)
        evaluation = yield from self._evaluate(self._learner.evaluated, *self._data.selection, progress, self._units)
        self._metrics = {"train_loss": progress.loss_sum / images, "train_accuracy": progress.correct / images}
        self._metrics |= run_events.metrics_of(evaluation)
        progress.evaluated = True
        yield EpochEnded(
            epoch=progress.epoch,
            step=progress.step,
            train_loss=self._metrics["train_loss"],
            train_accuracy=self._metrics["train_accuracy"],
            seconds=progress.seconds,
            images_per_second=run_events.throughput(images, progress.seconds),
        )
        is_best = self._data.validation is not None and evaluation.accuracy > progress.best_accuracy
        if is_best:
            progress.best_accuracy, progress.best_epoch = evaluation.accuracy, progress.epoch
        yield from self._save(f"epoch-{progress.epoch:03d}.pt", *([BEST] if is_best else []), LAST)

    def _test_best(self) -> Iterator[Event]:
        best = load_checkpoint(self.folder.path / BEST)
        assert best.training is not None
        model = copy.deepcopy(self._learner.evaluated)
        model.load_state_dict(best.state_dict)
        evaluation = yield from self._evaluate(model, "test", self._data.test, best.training.progress)
        self._metrics |= run_events.metrics_of(evaluation)
        yield from self._save(LAST)

    def _evaluate(
        self, model: nn.Module, name: str, split: Split, at: Progress, units: UnitWatch | None = None
    ) -> Generator[Event, None, Evaluation]:
        evaluating = EpochEvaluation(model, name, split, at, self._data, units, self._ranks)
        return (yield from evaluating.run(self._device, self.folder.path, self._obey))

    def _report(self, *, wait: bool = True) -> Iterator[Event]:
        """Report the batches since the last report, and count them as trained.

        Without `wait` only those that the device has computed. Raises `_Diverged` if a loss or weight is not finite.
        """
        batches = self._learner.read(wait=wait)
        if not batches:
            return
        progress = self._progress
        progress.seconds += self.lap.take()
        progress.count(batches.correct, batches.loss_sum)
        self._images += sum(batches.images)
        self._recorder.write(progress.step)
        yield from batches.events(progress.epoch, progress.step)
        if batches.diverged:
            raise _Diverged
        if (stuck_at := self._chance_detector.update(batches.loss, progress.step, self.config)) is not None:
            yield StuckAtChance(epoch=progress.epoch, step=progress.step, loss=stuck_at, seed=self.config.seed)

    def _obey(self) -> Iterator[Event]:
        """Serve the user's requests between two batches.

        Raises `_Stopped` if a stop is requested.
        """
        if not self._control.poll():
            return
        yield from self._report()
        yield from self._save_if_requested()
        yield from self._change_rate_if_requested()
        if self._control.desired is Desired.PAUSE:
            yield from self._pause()
        if self._control.desired is Desired.STOP:
            raise _Stopped
        self.lap.restart()

    def _pause(self) -> Iterator[Event]:
        yield Paused(step=self._progress.step)
        yield from self._save(LAST)
        while self._control.desired is Desired.PAUSE:
            time.sleep(_PAUSE_POLL_EVERY)
            self._control.poll()
            yield from self._save_if_requested()
            yield from self._change_rate_if_requested()
            if self._checkpointer.problem and self._checkpointer.is_due:
                yield from self._save(LAST)
        if self._control.desired is Desired.RUN:
            yield Resumed(step=self._progress.step)

    def _save_if_requested(self) -> Iterator[Event]:
        if self._control.take_save():
            yield from self._save(f"step-{self._progress.step:06d}.pt")

    def _change_rate_if_requested(self) -> Iterator[Event]:
        """Change the learning rate from the next batch on."""
        rate = self._control.take_learning_rate()
        if rate is not None and (self._rate_changes.forget() or rate != self.config.learning_rate):
            self._set_rate(rate, self._progress.step)
            yield LearningRateChanged(epoch=self._progress.epoch, step=self._progress.step, learning_rate=rate)

    def _repeat_rate_changes(self, step: int) -> None:
        """Repeat what was changed at `step` before the run was resumed."""
        if (rate := self._rate_changes.at(step)) is not None:
            self._set_rate(rate, step)

    def _set_rate(self, rate: float, step: int) -> None:
        self.config = replace(self.config, learning_rate=rate)
        self._learner.change_rate(self.config, step, self._steps)

    def _save(self, *names: str) -> Iterator[Event]:
        """Save a checkpoint under each of `names`.

        Every batch must have been reported.
        """
        self._recorder.write(self._progress.step, wait=True)
        checkpoint = self._learner.checkpoint(self._progress, self.config, self._data, self._metrics)
        yield from self._checkpointer.write(checkpoint, *names)
        self.lap.restart()

    def _enter(self, epoch: int) -> None:
        """Begin `epoch`, unless the run was resumed inside it."""
        if epoch > self._progress.epoch:
            self._progress = self._progress.entering(epoch)

    def _restore(self, training: TrainingState) -> None:
        restore_random(training.random, self._device)
        self._progress, self._metrics = replace(training.progress), dict(training.metrics)
        self._resumed_at = training.progress.step

    def _ended(self, reason: str) -> Event:
        if self._checkpointer.problem:
            return run_events.write_failed(self._checkpointer.problem, self.folder)
        return run_events.run_ended(reason, self._progress.step, self._images, self.lap.total, self._metrics)


class _Stopped(Exception): ...  # noqa: N818 -- requested by the user, not an error


class _Diverged(Exception): ...  # noqa: N818 -- a loss or weight is not finite
