"""Training a network: the loop, and the events it yields."""

import copy
import platform
import time
from collections.abc import Generator, Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import nn

import emnist_tui
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Checkpoint, Progress, TrainingState, load_checkpoint
from emnist_tui.learning.checkpoint.rng_state import copied, random_states, restore_random
from emnist_tui.learning.data.dataset import Dataset, Split, hold_out
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.models.device import choose_device, choose_threads, describe_device
from emnist_tui.learning.models.registry import build_model, count_parameters
from emnist_tui.learning.training.checkpointer import LAST, Checkpointer
from emnist_tui.learning.training.control_poller import ControlPoller
from emnist_tui.learning.training.optimizer import FlatAdam, FlatParameters
from emnist_tui.learning.training.resume import check_same_run
from emnist_tui.learning.training.sampler import BatchLog, epoch_order
from emnist_tui.learning.training.steps.autograd import AutogradGradients, Gradients
from emnist_tui.learning.training.steps.cpu_batch_innermost.convolution import BatchInnermostGradients
from emnist_tui.learning.training.unit_health import ChanceDetector
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired
from emnist_tui.runs.events import (
    EVALUATING,
    Batches,
    EpochEnded,
    Evaluated,
    Event,
    Paused,
    PhaseStarted,
    Resumed,
    RunEnded,
    RunFailed,
    RunStarted,
    StuckAtChance,
)
from emnist_tui.runs.folder import RunFolder

BEST = "best.pt"
_REPORT_EVERY = 0.050  # seconds between two reports of batches; each waits for the device once
_PAUSE_LOOK_EVERY = 0.050  # seconds


class Trainer:
    """One run: trains, evaluates after each epoch, saves, and obeys control.json between any two batches.

    Each epoch is evaluated on the test split; or, where the config holds out a validation split, on that one, and at
    the end the weights that were best on it, `best.pt`, are evaluated on the test split once.
    """

    def __init__(
        self, config: TrainConfig, folder: RunFolder, dataset: Dataset, *, checkpoint: Checkpoint | None = None
    ) -> None:
        """With `checkpoint`, of this run and data, goes on exactly from there (see `resume`).

        Raises `UsageError` for a device, model or validation split that cannot be had or a run that is over, and
        `EmnistTuiError` for a checkpoint of other data or another config.
        """
        training = check_same_run(config, dataset, checkpoint, folder) if checkpoint else None
        self.config = config
        self.folder = folder
        self._device = choose_device(config.device)
        self._threads = choose_threads(config.threads, self._device)
        self._data, self._fingerprint = dataset.name, dataset.fingerprint
        self._train, self._validation, self._test = _splits(config, dataset, self._device)

        torch.manual_seed(config.seed)
        self._model = build_model(config.model).to(self._device)
        parameters = FlatParameters(self._model)
        self._gradients = _gradients_of(self._model, parameters, self._train, self._device)
        self._batch_log = BatchLog(self._device)
        # A step after a loss that is not finite changes nothing: none has to wait for its loss to be checked.
        self._optimizer = FlatAdam(parameters, config.learning_rate, self._batch_log.diverged)

        self._progress = Progress()
        self._metrics: dict[str, float] = {}
        self._resumed_at_step: int | None = None
        if checkpoint and training:
            self._model.load_state_dict(checkpoint.state_dict)
            self._restore(training)
        self._watch = ControlPoller(folder.control)
        self._writer = Checkpointer(folder.path)
        self._chance_watch = ChanceDetector(config.learning_rate)
        self._images = 0  # trained since the run began or was resumed
        self._seconds = 0.0
        self._lap = time.perf_counter()

    def request_stop(self) -> None:
        """The same as a stop in control.json; safe in a signal handler."""
        self._watch.stop()

    def run(self) -> Iterator[Event]:
        """Trains; the caller passes the events on. The last is one `RunEnded` or one `RunFailed`.

        Raises `EmnistTuiError` when the network's answers are not numbers or `best.pt` is gone, and what torch raises.
        """
        yield self._started()
        try:
            yield from self._train_all()
            if not self.folder.last_checkpoint.exists():  # it was killed before each one, and then went on from the end
                yield from self._save(LAST)
            yield self._ended("finished")
        except _Stopped:
            yield from self._save(LAST)
            yield self._ended("stopped")
        except _Diverged:
            yield RunFailed(
                error=f"The loss is not a finite number after step {self._progress.step:,}.",
                hint=f"Start a new run with a --learning-rate below {self.config.learning_rate:g}.",
            )
        except OSError as error:
            yield self._failed_to_write(f"{self.folder.path} cannot be written ({error.strerror or error}).")

    def _train_all(self) -> Iterator[Event]:
        progress = self._progress
        for epoch in range(progress.epoch + progress.evaluated, self.config.epochs + 1):
            self._enter(epoch)
            yield from self._train_epoch()
            yield from self._end_epoch()
        if self._validation and not self._writer.problem:
            yield from self._test_best()

    def _train_epoch(self) -> Iterator[Event]:
        order = epoch_order(len(self._train), self.config.seed, self._progress.epoch).to(self._device)
        self._model.train()
        self._lap = time.perf_counter()
        batch_size = self.config.batch_size
        for batch in self._gradients.batches(order[self._progress.batch * batch_size :], batch_size):
            yield from self._obey()
            loss, logits = self._gradients.compute(batch)
            self._batch_log.note(loss, logits, batch.labels)
            self._optimizer.step()
            if time.perf_counter() - self._lap >= _REPORT_EVERY:
                yield from self._report()
                if self._writer.is_due:
                    yield from self._save(LAST)
        yield from self._report()

    def _end_epoch(self) -> Iterator[Event]:
        """Evaluates the epoch and saves it. Until then it counts as not evaluated, also for a later resume."""
        progress, images = self._progress, len(self._train)
        name, split = ("validation", self._validation) if self._validation else ("test", self._test)
        evaluation = yield from self._evaluate(self._model, name, split, progress)
        self._metrics = {"train_loss": progress.loss_sum / images, "train_accuracy": progress.correct / images}
        self._metrics |= _metrics(evaluation)
        progress.evaluated = True
        yield EpochEnded(
            epoch=progress.epoch,
            step=progress.step,
            train_loss=self._metrics["train_loss"],
            train_accuracy=self._metrics["train_accuracy"],
            seconds=progress.seconds,
            images_per_second=_rate(images, progress.seconds),
        )
        is_best = self._validation is not None and evaluation.accuracy > progress.best_accuracy
        if is_best:
            progress.best_accuracy = evaluation.accuracy
        yield from self._save(f"epoch-{progress.epoch:03d}.pt", *([BEST] if is_best else []), LAST)

    def _test_best(self) -> Iterator[Event]:
        best = load_checkpoint(self.folder.path / BEST)
        assert best.training is not None
        model = copy.deepcopy(self._model)
        model.load_state_dict(best.state_dict)
        evaluation = yield from self._evaluate(model, "test", self._test, best.training.progress)
        self._metrics |= _metrics(evaluation)
        yield from self._save(LAST)

    def _evaluate(self, model: nn.Module, name: str, split: Split, at: Progress) -> Generator[Event, None, Evaluation]:
        yield PhaseStarted(phase=EVALUATING)
        prediction = Predictor(model, split, self._device)
        for advanced in prediction:
            yield from self._obey()
            if advanced:
                yield advanced
        evaluation = prediction.evaluation(self._data, name, self._fingerprint)
        file = f"evaluation-{'' if name == 'test' else name + '-'}epoch-{at.epoch:03d}.npz"
        evaluation.save(self.folder.path / file)
        yield Evaluated(
            split=name,
            epoch=at.epoch,
            step=at.step,
            loss=evaluation.loss,
            accuracy=evaluation.accuracy,
            images=evaluation.images,
            file=file,
        )
        return evaluation

    def _report(self) -> Iterator[Event]:
        """Reads the batches since the last report, and only then counts them. Raises `_Diverged`."""
        batches = self._batch_log.read()
        if not batches:
            return
        self._take_lap()
        progress = self._progress
        progress.batch += len(batches.loss)
        progress.step += len(batches.loss)
        progress.correct += sum(batches.correct)
        for loss in batches.loss_sum:  # one by one, so that the sum does not depend on where reports fell
            progress.loss_sum += loss
        self._images += sum(batches.images)
        if batches.loss:
            yield Batches(epoch=progress.epoch, step=progress.step, loss=batches.short_loss, accuracy=batches.accuracy)
        if batches.diverged or not all(weight.isfinite().all() for weight in self._model.parameters()):
            raise _Diverged
        if (stuck_at := self._chance_watch.take(batches.loss, progress.step)) is not None:
            yield StuckAtChance(epoch=progress.epoch, step=progress.step, loss=stuck_at, seed=self.config.seed)

    def _obey(self) -> Iterator[Event]:
        """Does what the user asks for, between two batches. Raises `_Stopped`."""
        if not self._watch.look():
            return
        yield from self._report()
        yield from self._save_if_asked()
        if self._watch.desired is Desired.PAUSE:
            yield from self._pause()
        if self._watch.desired is Desired.STOP:
            raise _Stopped
        self._lap = time.perf_counter()

    def _pause(self) -> Iterator[Event]:
        yield Paused(step=self._progress.step)
        yield from self._save(LAST)
        while self._watch.desired is Desired.PAUSE:
            time.sleep(_PAUSE_LOOK_EVERY)
            self._watch.look()
            yield from self._save_if_asked()
            if self._writer.problem and self._writer.is_due:
                yield from self._save(LAST)
        if self._watch.desired is Desired.RUN:
            yield Resumed(step=self._progress.step)

    def _save_if_asked(self) -> Iterator[Event]:
        if self._watch.take_save():
            yield from self._save(f"step-{self._progress.step:06d}.pt")

    def _save(self, *names: str) -> Iterator[Event]:
        """Saves where training is. Every batch must have been reported."""
        yield from self._writer.write(self._checkpoint(), *names)
        self._lap = time.perf_counter()

    def _take_lap(self) -> None:
        """Counts the time since the last lap as spent training."""
        now = time.perf_counter()
        self._seconds += now - self._lap
        self._progress.seconds += now - self._lap
        self._lap = now

    def _enter(self, epoch: int) -> None:
        """Begins `epoch`, unless it was resumed inside it."""
        if epoch > self._progress.epoch:
            self._progress = Progress(epoch=epoch, step=self._progress.step, best_accuracy=self._progress.best_accuracy)

    def _checkpoint(self) -> Checkpoint:
        """A copy of everything that training changes."""
        training = TrainingState(
            progress=replace(self._progress),
            optimizer=self._optimizer.state(),
            random=random_states(self._device),
            config=self.config,
            data=self._data,
            fingerprint=self._fingerprint,
            metrics=dict(self._metrics),
        )
        return Checkpoint(self.config.model, copied(self._model.state_dict()), training)

    def _restore(self, training: TrainingState) -> None:
        self._optimizer.restore(training.optimizer)
        restore_random(training.random, self._device)
        self._progress = replace(training.progress)
        self._metrics = dict(training.metrics)
        self._resumed_at_step = training.progress.step

    def _started(self) -> RunStarted:
        return RunStarted(
            config=self.config.to_json(),
            model=self.config.model,
            parameters=count_parameters(self._model),
            data=self._data,
            fingerprint=self._fingerprint,
            train_images=len(self._train),
            validation_images=len(self._validation) if self._validation else 0,
            test_images=len(self._test),
            steps_per_epoch=-(-len(self._train) // self.config.batch_size),
            device=describe_device(self._device),
            threads=self._threads,
            seed=self.config.seed,
            versions=_versions(),
            resumed_at_step=self._resumed_at_step,
        )

    def _ended(self, reason: str) -> RunEnded | RunFailed:
        if self._writer.problem:
            return self._failed_to_write(self._writer.problem)
        return RunEnded(
            reason=reason,
            step=self._progress.step,
            seconds=self._seconds,
            images_per_second=_rate(self._images, self._seconds),
            train_loss=self._metrics.get("train_loss"),
            train_accuracy=self._metrics.get("train_accuracy"),
            test_loss=self._metrics.get("test_loss"),
            test_accuracy=self._metrics.get("test_accuracy"),
        )

    def _failed_to_write(self, error: str) -> RunFailed:
        return RunFailed(error=error, hint=f"Make room, then go on with --resume {self.folder.name}.")


class _Stopped(Exception):  # noqa: N818 -- the user's wish, not an error
    pass


class _Diverged(Exception):  # noqa: N818
    """A loss or weight is not finite."""


def _gradients_of(model: nn.Module, parameters: FlatParameters, split: Split, device: torch.device) -> Gradients:
    if device.type == "cpu" and BatchInnermostGradients.can_compute(model):
        return BatchInnermostGradients(model, parameters, split)
    return AutogradGradients(model, parameters, split)


def _splits(config: TrainConfig, dataset: Dataset, device: torch.device) -> tuple[Split, Split | None, Split]:
    """Train, validation (None without one) and test, on the device."""
    test = dataset.test.to(device)
    if not config.validation:
        return dataset.train.to(device), None, test
    train, validation = hold_out(dataset.train, config.validation, config.seed)
    return train.to(device), validation.to(device), test


def _rate(images: int, seconds: float) -> float:
    return images / seconds if seconds else 0.0


def _metrics(evaluation: Evaluation) -> dict[str, float]:
    return {f"{evaluation.split}_loss": evaluation.loss, f"{evaluation.split}_accuracy": evaluation.accuracy}


def _versions() -> dict[str, str]:
    return {
        "emnist_tui": emnist_tui.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
