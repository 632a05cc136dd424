"""Training of one trial as an ordinary run, recorded in its trial.json."""

import time
from contextlib import ExitStack, suppress
from dataclasses import replace

from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.search.allotment import Allotment
from emnist_tui.learning.search.progress import TrialProgress
from emnist_tui.learning.training import resume
from emnist_tui.learning.training.recording import FailedRunError, failures_recorded, record_training
from emnist_tui.learning.training.steps.choose import Print
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs import atomic_files, control
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, Desired
from emnist_tui.runs.errors import EmnistTuiError, NothingToTrainError
from emnist_tui.runs.event_log import EventLog, last_event
from emnist_tui.runs.events import Batches, EpochEnded, Event, Paused, PhaseStarted, Resumed, RunEnded, RunFailed
from emnist_tui.runs.folder import unwritable
from emnist_tui.runs.sweeps.claims import Claim
from emnist_tui.runs.sweeps.folder import TrialFolder
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, TrialState, write_trial

_CHECK_EVERY = 1.0  # seconds between two looks whether the claim is still the newest


class LostClaimError(BaseException):
    """A trial that another worker has taken over.

    It is no `Exception`, which would be recorded as a failure of the run.
    """


class UnwritableError(EmnistTuiError):
    """A folder that cannot be written, as on a full disk.

    The trial is left to be resumed.
    """


class TrialTraining:
    """One session of training a trial that this worker has claimed."""

    def __init__(self, folder: TrialFolder, spec: SweepSpec, claim: Claim, trial: Trial, allotment: Allotment) -> None:
        self._folder = folder
        self._spec = spec
        self._claim = claim
        self._trial = trial
        self._allotment = allotment
        self._progress = TrialProgress(spec.split, tests=spec.is_seeds)
        self._training: Trainer | None = None
        self._end: RunEnded | None = None
        self._failure = ""
        self._epochs = 0
        self._is_leaving = self._is_held = self._is_pruned = self._is_lost = False
        self._checked = time.monotonic()
        self.has_trained = False
        """Whether a batch was trained."""

    def leave(self) -> None:
        """Save and interrupt the trial; safe in signal handlers and threads."""
        self._is_leaving = True
        if self._training:
            self._training.request_stop()

    def hold(self, is_held: bool) -> None:
        """Pause or resume the trial with its sweep; safe in another thread."""
        self._is_held = is_held
        if self._training:
            self._training.hold(is_held)

    def check_claim(self) -> None:
        """Drop the trial if another worker has it; safe in threads."""
        self._checked = time.monotonic()
        if not self._is_lost and not self._claim.is_newest():
            self._is_lost = True
            if self._training:
                self._training.request_stop()  # even one that pauses wakes up

    def run(self, config: TrainConfig, data: Dataset) -> Trial:
        """Train what is left of the trial, and return its record.

        Raises `LostClaimError` if another worker has it now, `UnwritableError` if it cannot be recorded.
        """
        try:
            with ExitStack() as held:
                try:
                    held.enter_context(self._folder.held())
                except EmnistTuiError:  # its user trains it by hand, or its folder cannot be written
                    if self._folder.is_training():
                        raise LostClaimError from None
                    raise
                return self._run(config, data)
        except OSError as error:
            self._let_go()
            raise UnwritableError(str(unwritable(self._folder.path, error))) from None

    def _run(self, config: TrainConfig, data: Dataset) -> Trial:
        for pattern in ("*.pt", "evaluation-*", "*.json"):
            atomic_files.remove_unfinished(self._folder.path, pattern)
        request = control.read_control(self._folder.control).desired
        control.write_control(self._folder.control, Control(request))
        if request is Desired.STOP:  # while nobody trained it
            return self._conclude(TrialState.STOPPED)
        checkpoint = self._newest_checkpoint()
        if checkpoint is None:
            self._begin_anew()
        self._progress.add_file(self._folder.events)
        self._trial = self._progress.record(self._trial)
        self._write(TrialState.RUNNING)
        try:
            self._train(config, data, checkpoint)
        except NothingToTrainError:  # killed after it had ended
            return self._conclude(self._progress.final_state())
        except FailedRunError as error:
            if error.cause == "disk":
                self._let_go()
                raise UnwritableError(str(error)) from None
            return self._conclude(TrialState.DIVERGED if error.cause == "diverged" else TrialState.FAILED, str(error))
        except (LostClaimError, OSError):
            raise
        except EmnistTuiError as error:
            return self._conclude(TrialState.FAILED, str(error))
        except (SystemExit, Exception) as error:
            return self._conclude(TrialState.FAILED, self._failure or str(error))
        finally:
            self._training = None
        return self._conclude(*self._end_state())

    def _train(self, config: TrainConfig, data: Dataset, checkpoint: Checkpoint | None) -> None:
        with EventLog(self._folder.events) as log:

            def report(event: Event) -> None:
                if time.monotonic() - self._checked > _CHECK_EVERY:
                    self.check_claim()
                if self._is_lost:
                    raise LostClaimError
                log.write(event)
                self._observe(event)

            def on_phase(phase: str) -> None:
                report(PhaseStarted(phase=phase))

            previous = last_event(self._folder.events)
            with failures_recorded(self._folder, log, report, previous, refusals=NothingToTrainError):
                training = self._prepare(config, data, checkpoint, on_phase)
                self._training = training
                training.hold(self._is_held)
                if self._is_leaving:
                    training.request_stop()
                record_training(training, self._folder, report, resumed=checkpoint is not None)

    def _prepare(self, config: TrainConfig, data: Dataset, checkpoint: Checkpoint | None, on_phase: Print) -> Trainer:
        if checkpoint and checkpoint.training:
            recorded = checkpoint.training.config
            named = config.model if checkpoint.own else None
            model = resume.named_model(checkpoint, recorded, named, self._folder)
            config = replace(recorded, data=config.data, model=model, device=config.device, threads=config.threads)
        self._epochs = config.epochs
        tests_best = self._spec.is_seeds
        return Trainer(config, self._folder, data, checkpoint=checkpoint, on_phase=on_phase, tests_best=tests_best)

    def _newest_checkpoint(self) -> Checkpoint | None:
        """Load the checkpoint to resume from.

        Without one, training repeats all from its beginning.
        """
        if not self._folder.exists():
            return None
        try:
            return resume.newest_checkpoint(self._folder)[0]
        except EmnistTuiError:
            return None

    def _begin_anew(self) -> None:
        """Remove what an earlier session left that saved no checkpoint."""
        for path in (*self._folder.path.glob("*.pt"), *self._folder.path.glob("*.npz"), self._folder.events):
            path.unlink(missing_ok=True)

    def _observe(self, event: Event) -> None:
        self._progress.add(event)
        if isinstance(event, Batches):
            self.has_trained = True
        elif isinstance(event, RunEnded):
            self._end = event
        elif isinstance(event, RunFailed):
            self._failure = f"{event.error} {event.hint}".rstrip()
        elif isinstance(event, Paused):
            self._write(TrialState.PAUSED)
        elif isinstance(event, Resumed):
            self._write(TrialState.RUNNING)
        elif isinstance(event, EpochEnded):
            self._write(TrialState.RUNNING)
            if event.epoch < self._epochs and self._allotment.report(self._trial.number, self._progress.curve):
                self._is_pruned = True
                assert self._training
                self._training.request_stop()

    def _end_state(self) -> tuple[TrialState, str]:
        if self._end is None or self._end.reason == "finished":
            return self._progress.final_state(), ""
        if self._is_pruned:
            return TrialState.PRUNED, f"Behind others after epoch {self._trial.epoch}."
        return (TrialState.INTERRUPTED if self._is_leaving else TrialState.STOPPED), ""

    def _conclude(self, state: TrialState, reason: str = "") -> Trial:
        """Record the end, in the engine's journal first.

        Who adopts the trial after a crash between the two tells the engine again, which changes nothing.
        """
        self._check_lost()
        ended = time.time() if state.has_ended else None
        trial = replace(self._progress.record(self._trial), state=state, reason=reason, ended=ended)
        if state in (TrialState.FINISHED, TrialState.STUCK):
            self._allotment.report(trial.number, trial.curve)
        self._allotment.tell(trial)
        self._check_lost()
        write_trial(self._folder.trial_json, trial)
        return trial

    def _write(self, state: TrialState) -> None:
        self._trial = replace(self._progress.record(self._trial), state=state)
        write_trial(self._folder.trial_json, self._trial)

    def _check_lost(self) -> None:
        self.check_claim()
        if self._is_lost:
            raise LostClaimError

    def _let_go(self) -> None:
        """Mark the trial as interrupted, if that can still be written."""
        with suppress(OSError, LostClaimError):
            self._check_lost()
            write_trial(
                self._folder.trial_json, replace(self._progress.record(self._trial), state=TrialState.INTERRUPTED)
            )
