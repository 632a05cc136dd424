"""A worker: it trains trials one by one until none is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from emnist_tui.learning.search.allotment import Allotment, begun_trials, open_allotment
from emnist_tui.learning.search.kept_evaluations import KeptEvaluations
from emnist_tui.runs import locks
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import unwritable
from emnist_tui.runs.sweeps import claims
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.claims import Claim
from emnist_tui.runs.sweeps.clock import FolderClock
from emnist_tui.runs.sweeps.folder import SweepFolder, TrialFolder
from emnist_tui.runs.sweeps.heartbeat import Heartbeat
from emnist_tui.runs.sweeps.requests import is_requested_again, read_requests
from emnist_tui.runs.sweeps.trial import Trial, TrialState, read_trial, write_trial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emnist_tui.learning.data.dataset import Dataset
    from emnist_tui.learning.search.trial_training import TrialTraining

Print = Callable[[str], None]

_LOCK_PATIENCE = 60.0  # seconds; others hold the lock for milliseconds
_IDLE = 1.0  # seconds between two looks for a trial whose worker has died
_MOST_FAILURES = 3
"""Trials in a row that may fail before their first batch: the fault is not theirs then."""


class End(Enum):
    """Reason why a worker ended."""

    DONE = "done"
    """Every trial has ended."""
    STOPPED = "stopped"
    """The user stopped the sweep."""
    INTERRUPTED = "interrupted"
    """This worker was told to leave."""


class SweepWorker:
    """One process's share of a sweep."""

    def __init__(
        self,
        folder: SweepFolder,
        *,
        device: str | None = None,
        on_phase: Print = lambda _: None,
        on_notice: Print = lambda _: None,
        on_trial: Callable[[Trial, Board], None] = lambda _trial, _board: None,
    ) -> None:
        """Prepare to work on a sweep.

        `device` replaces that of its configuration; `on_trial` is called with every trial that this worker ended,
        `on_notice` with a sentence if `auto` chose synthetic digits.
        Raises `EmnistTuiError` if the sweep is damaged.
        """
        self._folder = folder
        self._reader = SweepBoard(folder)
        self._spec = self._reader.spec
        self._device = device or self._spec.config.device
        self._on_phase, self._on_notice, self._on_trial = on_phase, on_notice, on_trial
        self._clock = FolderClock(folder.workers)
        self._desired = Desired.RUN
        self._training: TrialTraining | None = None
        self._is_leaving = False
        self.is_ready = False
        """Whether torch and the digits are loaded; before, an interrupt need not wait for anything."""
        self._failures = 0
        self._evaluations = KeptEvaluations()

    def leave(self) -> None:
        """Save the trial in training and end; safe in a signal handler."""
        self._is_leaving = True
        if training := self._training:
            training.leave()

    def run(self) -> End:
        """Work until every trial has ended.

        Or until the sweep is stopped, or this worker told to leave. Raises `EmnistTuiError` if it cannot go on;
        its trial is left to be resumed.
        """
        self._look()
        if self._desired is Desired.STOP:
            return End.STOPPED
        self._heartbeat = Heartbeat(self._folder, self._look)
        try:
            self._folder.workers.mkdir(exist_ok=True)
            self._heartbeat.start()
            with self._locked():
                self._allotment: Allotment = open_allotment(self._folder, self._spec)
            self._load()
            self.is_ready = True
            return self._work()
        except OSError as error:
            raise unwritable(self._folder.path, error) from None
        finally:
            self._heartbeat.stop()

    def _load(self) -> None:
        """Load torch and the digits, once for all trials."""
        self._on_phase("loading torch")
        from emnist_tui.learning.data import dataset
        from emnist_tui.learning.models.device import choose_device
        from emnist_tui.learning.search.shared_data import check_same_data

        choose_device(self._device)
        source = self._spec.config.data
        self._data: Dataset = dataset.load_dataset(source, on_phase=self._on_phase)
        if notice := dataset.notice(source, self._data):
            self._on_notice(notice)
        check_same_data(self._folder, self._data)

    def _work(self) -> End:
        while True:
            self._look()
            if self._is_leaving:
                return End.INTERRUPTED
            if self._desired is Desired.STOP:
                return End.STOPPED
            if self._desired is Desired.PAUSE:
                self._rest("paused")
                continue
            board = self._reader.refresh()
            if claimed := self._adopt(board) or self._begin(board):
                self._train(*claimed)
            elif self._has_ended(board) and self._conclude(board):
                return End.DONE
            else:
                self._rest("waiting")

    def _has_ended(self, board: Board) -> bool:
        """Return whether every trial has ended; deleted ones do not count."""
        ended = {trial.number for trial in board.trials if trial.state.has_ended}
        return begun_trials(self._folder) <= ended

    def _rest(self, state: str) -> None:
        """Wait a moment; a signal handler may end it."""
        self._heartbeat.update(state=state, trial=None)
        end = time.monotonic() + _IDLE
        while time.monotonic() < end and not self._is_leaving:
            time.sleep(_IDLE / 10)

    def _look(self) -> None:
        """Look at the user's requests and at the claim; raises nothing."""
        self._desired = read_requests(self._folder.control).desired
        if training := self._training:
            training.hold(self._desired is Desired.PAUSE)
            if self._desired is Desired.STOP:
                training.leave()
            with suppress(OSError):
                training.check_claim()

    def _adopt(self, board: Board) -> tuple[Claim, Trial] | None:
        """Claim a trial that has begun and that nobody trains."""
        known = {trial.number: trial for trial in board.trials}
        begun = begun_trials(self._folder)
        for number in sorted(begun):
            trial, folder = known.get(number), self._folder.trial(number)
            if trial and trial.state.has_ended and not is_requested_again(folder, trial):
                continue
            if claim := self._adopt_one(folder, trial):
                return claim, self._recorded(folder)
        return None

    def _adopt_one(self, folder: TrialFolder, trial: Trial | None) -> Claim | None:
        try:
            claim = claims.newest_claim(folder.path)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not folder.path.is_symlink():  # deleted at this moment
                return None
            # Nobody could ever train it, and every worker would wait for it.
            raise EmnistTuiError(
                f"{folder.path} is no trial that can be read ({error.strerror}); remove it, or ask its owner."
            ) from None
        if claim is not None:
            is_let_go = trial is not None and (trial.state is TrialState.INTERRUPTED or trial.state.has_ended)
            is_let_go = is_let_go and trial is not None and trial.worker == claim.worker
            is_own = claim.worker == self._heartbeat.worker.id  # of a session that could not begin
            if folder.is_training() or not (
                is_let_go or is_own or claims.is_abandoned(claim, self._folder, self._clock.now())
            ):
                return None
        taken = claims.take(folder.path, self._heartbeat.worker, claim)
        if taken is None:
            return None
        fresh = read_trial(folder.trial_json)
        is_over = fresh is not None and fresh.state.has_ended and not is_requested_again(folder, fresh)
        return None if is_over else taken

    def _begin(self, board: Board) -> tuple[Claim, Trial] | None:
        """Claim a trial that has not begun, if there is any."""
        with self._locked():
            number = self._allotment.next(board.total)
            if number is None:
                return None
            folder = self._folder.trial(number)
            try:
                folder.path.mkdir()
                claim = claims.take(folder.path, self._heartbeat.worker)
            except FileExistsError:  # of a worker on a host that shares no locks
                return None
            return (claim, self._recorded(folder)) if claim else None

    def _recorded(self, folder: TrialFolder) -> Trial:
        """Return the record of a trial just claimed, and write it."""
        worker = self._heartbeat.worker
        earlier = read_trial(folder.trial_json)
        trial = earlier or Trial(folder.number, dict(self._allotment.point(folder.number)), began=self._clock.now())
        trial = replace(trial, state=TrialState.RUNNING, worker=worker.id, host=worker.host, reason="", ended=None)
        write_trial(folder.trial_json, trial)
        return trial

    def _train(self, claim: Claim, trial: Trial) -> None:
        from emnist_tui.learning.search.trial_training import LostClaimError, TrialTraining

        self._heartbeat.update(state="working", trial=trial.number)
        folder = self._folder.trial(trial.number)
        training = TrialTraining(folder, self._spec, claim, trial, self._allotment)
        self._training = training
        self._look()
        if self._is_leaving:
            training.leave()
        try:
            ended = training.run(self._config(trial), self._data)
        except LostClaimError:
            return
        finally:
            self._training = None
        if ended.state.has_ended:
            self._heartbeat.update(done=self._heartbeat.worker.done + 1)
        board = self._reader.refresh()
        self._evaluations.retire(board)
        self._on_trial(ended, board)
        self._count_failure(ended, training)

    def _config(self, trial: Trial) -> TrainConfig:
        return replace(self._spec.config_of(trial.values), device=self._device)

    def _count_failure(self, ended: Trial, training: TrialTraining) -> None:
        """Give up if trials fail whatever their values are."""
        has_failed = ended.state is TrialState.FAILED and not training.has_trained
        self._failures = self._failures + 1 if has_failed else 0
        if self._failures == _MOST_FAILURES:
            raise EmnistTuiError(f"{_MOST_FAILURES} trials in a row failed before their first batch: {ended.reason}")

    def _conclude(self, board: Board) -> bool:
        """Test the best trial, and return whether all is done."""
        from emnist_tui.learning.search.conclusion import conclude, is_concluded

        if is_concluded(board):
            return True
        self._heartbeat.update(state="concluding", trial=None)
        return conclude(board, self._heartbeat.worker, self._clock, self._data, self._device)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock under which this machine's workers begin trials."""
        try:
            with locks.held(self._folder.lock, _LOCK_PATIENCE):
                yield
        except locks.HeldError:
            raise EmnistTuiError(f"{self._folder.lock} is held for a minute by a process that hangs; end it.") from None
