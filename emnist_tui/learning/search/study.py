"""Optuna's study of a sweep, kept in the sweep's journal."""

import os
import socket
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, Trial, TrialState

from emnist_tui.learning.search.allotment import Grid, begun_trials
from emnist_tui.runs import locks
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps import trial as records
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.points import read_points
from emnist_tui.runs.sweeps.space import Axis, Point, Value
from emnist_tui.runs.sweeps.spec import SweepSpec

_NAME = "sweep"
_POINT = "point"
_TOLD = {
    records.TrialState.FINISHED: TrialState.COMPLETE,
    records.TrialState.STUCK: TrialState.COMPLETE,
    records.TrialState.PRUNED: TrialState.PRUNED,
    records.TrialState.DIVERGED: TrialState.PRUNED,  # samplers learn nothing from a failure
    records.TrialState.FAILED: TrialState.FAIL,
}
_PATIENCE = 60.0  # seconds for a lock that dies with its holder


class Study:
    """Allotment by Optuna, whose trial k - 1 is trial k."""

    def __init__(self, folder: SweepFolder, spec: SweepSpec, study: optuna.Study) -> None:
        self._folder = folder
        self._spec = spec
        self._study = study
        self._grid = Grid(folder, spec) if spec.sampler == "grid" else None

    def next(self, total: int) -> int | None:
        with _speaking(self._folder.journal):
            begun = begun_trials(self._folder)
            asked = [trial.number + 1 for trial in self._trials(TrialState.RUNNING)]
            if lost := [number for number in asked if number not in begun]:  # its worker died as it had asked
                return lost[0]
            if self._grid is None:
                self._enqueue_points()
            if not self._trials(TrialState.WAITING) and len(self._trials()) >= total:
                return None
            number = self._study.ask().number + 1
            if number in begun:
                raise self._forgotten(number)
            return number

    def point(self, number: int) -> Point:
        if self._grid is not None:
            return self._grid.point(number)
        with _speaking(self._folder.journal):
            self._study.sampler = self._sampler(number)
            trial = self._trial(number)
            enqueued = read_points(self._folder, self._spec).get(trial.user_attrs.get(_POINT, 0), {})
            beside = _beside(self._spec, enqueued)
            suggested = {axis.field: _suggest(trial, axis) for axis in self._spec.axes if axis.field not in beside}
            return {axis.field: {**suggested, **beside}[axis.field] for axis in self._spec.axes}

    def report(self, number: int, curve: Sequence[float]) -> bool:
        with _speaking(self._folder.journal):
            known = self._frozen(number)
            if known.state.is_finished():  # by a worker that died before it could record that
                return False
            trial = self._trial(number)
            for epoch, accuracy in enumerate(curve, 1):
                if epoch not in known.intermediate_values:
                    trial.report(accuracy, epoch)
            return trial.should_prune()

    def tell(self, trial: records.Trial) -> None:
        if (state := _TOLD.get(trial.state)) is None:  # it may be resumed
            return
        value = trial.accuracy if state is TrialState.COMPLETE else None
        with _speaking(self._folder.journal):
            self._frozen(trial.number)
            self._study.tell(trial.number - 1, value, state, skip_if_finished=True)

    def _enqueue_points(self) -> None:
        """Enqueue the users' points, each once; the caller holds the sweep's lock."""
        known = {trial.user_attrs.get(_POINT) for trial in self._trials()}
        for number, point in read_points(self._folder, self._spec).items():
            if number not in known:
                on_axes = {
                    axis.field: point[axis.field] for axis in self._spec.axes if axis.contains(point[axis.field])
                }
                self._study.enqueue_trial(on_axes, user_attrs={_POINT: number})

    def _sampler(self, number: int) -> BaseSampler:
        """Return a trial's own sampler.

        With one seed for all, two workers would propose the same points.
        """
        seed = int(np.random.SeedSequence((self._spec.seed, number)).generate_state(1)[0])
        return TPESampler(seed=seed) if self._spec.sampler == "tpe" else RandomSampler(seed)

    def _trial(self, number: int) -> Trial:
        return Trial(self._study, self._frozen(number)._trial_id)

    def _frozen(self, number: int) -> FrozenTrial:
        """Return Optuna's record of a trial.

        Raises `EmnistTuiError` if its journal knows none.
        """
        trials = self._trials()
        if not number <= len(trials):
            raise self._forgotten(number)
        return trials[number - 1]

    def _forgotten(self, number: int) -> EmnistTuiError:
        """Build the error for a journal that lost its end."""
        return EmnistTuiError(
            f"{self._folder.journal} knows nothing of trial {number}; the next worker restores it from the trials."
        )

    def _trials(self, *states: TrialState) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=states or None)


def open_study(folder: SweepFolder, spec: SweepSpec) -> Study:
    """Open a sweep's study, or create it.

    Raises `EmnistTuiError` if its journal is damaged, `OSError` if that cannot be written.
    """
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    journal = folder.journal.absolute()  # the lock of a relative path is never freed
    lock = _JournalLock(journal)
    pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
    if spec.pruner == "asha":
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    with _speaking(journal):
        lock.acquire()  # repairs the journal, which nobody could open otherwise
        lock.release()
        study = optuna.create_study(
            study_name=_NAME,
            storage=JournalStorage(JournalFileBackend(str(journal), lock)),
            load_if_exists=True,
            direction="maximize",
            pruner=pruner,
        )
        _restore(study, folder, spec)
    return Study(folder, spec, study)


def _restore(study: optuna.Study, folder: SweepFolder, spec: SweepSpec) -> None:
    """Add trials that have begun to a study whose journal was lost.

    The caller holds the sweep's lock.
    """
    known = len(study.get_trials(deepcopy=False))
    points = read_points(folder, spec)
    for number in range(known + 1, max(begun_trials(folder), default=0) + 1):
        trial = records.read_trial(folder.trial(number).trial_json) or records.Trial(number, {})
        state = _TOLD.get(trial.state, TrialState.RUNNING)
        last = trial.curve[-1] if trial.curve else None
        on_axes = {axis.field: axis for axis in spec.axes if axis.contains(trial.values.get(axis.field))}
        enqueued = [point for point, values in points.items() if dict(values) == trial.values]
        study.add_trial(
            optuna.trial.create_trial(
                state=state,
                value={TrialState.COMPLETE: trial.accuracy, TrialState.PRUNED: last}.get(state),
                params={name: trial.values[name] for name in on_axes},
                distributions={name: _distribution(axis) for name, axis in on_axes.items()},
                intermediate_values=dict(enumerate(trial.curve, 1)),
                user_attrs={_POINT: enqueued[0]} if enqueued else None,
            )
        )


class _JournalLock(JournalFileOpenLock):
    """Lock of the journal among all hosts, which removes a torn line.

    A full disk or a crash may leave half a line at the journal's end; one that is appended to it could never be read.
    A lock left behind by a dead process of this machine is removed at once, others after Optuna's 30 seconds.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self._journal = journal
        self._here = journal.with_name(f"{journal.name}.host")
        self._place = socket.gethostname().encode()
        self._held = ExitStack()

    def acquire(self) -> bool:
        self._held.enter_context(locks.held(self._here, _PATIENCE))
        try:
            self._remove_stale()
            super().acquire()
            Path(self._lock_file).write_bytes(self._place)
            _remove_torn_line(self._journal)
        except BaseException:
            self._held.close()
            raise
        return True

    def release(self) -> None:
        try:
            with suppress(RuntimeError):  # another host took it for stale; what was appended stays
                super().release()
        finally:
            self._held.close()

    def _remove_stale(self) -> None:
        """Remove the lock of a dead process of this machine.

        If it lived, it would hold the machine's own lock.
        """
        lock = Path(self._lock_file)
        with suppress(OSError):
            if lock.read_bytes() == self._place:
                lock.unlink()


def _remove_torn_line(journal: Path) -> None:
    """Cut the journal after its last whole line."""
    try:
        file = journal.open("r+b")
    except FileNotFoundError:
        return
    with file:
        whole = end = file.seek(0, os.SEEK_END)
        while whole:
            begin = max(0, whole - 4096)
            file.seek(begin)
            place = file.read(whole - begin).rfind(b"\n")
            if place >= 0:
                whole = begin + place + 1
                break
            whole = begin
        if whole != end:
            file.truncate(whole)
            file.flush()
            os.fsync(file.fileno())


def _beside(spec: SweepSpec, point: Point) -> Point:
    """Return the values of a point that lie beside their ranges."""
    axes = {axis.field: axis for axis in spec.axes}
    return {name: value for name, value in point.items() if not axes[name].contains(value)}


def _distribution(axis: Axis) -> BaseDistribution:
    if axis.values:
        return CategoricalDistribution(axis.values)
    if axis.is_whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.is_log)
    return FloatDistribution(axis.low, axis.high, log=axis.is_log)


def _suggest(trial: Trial, axis: Axis) -> Value:
    match _distribution(axis):
        case CategoricalDistribution(choices=choices):
            value: Any = trial.suggest_categorical(axis.field, choices)
        case IntDistribution() as whole:
            value = trial.suggest_int(axis.field, whole.low, whole.high, log=whole.log)
        case _:
            value = trial.suggest_float(axis.field, axis.low, axis.high, log=axis.is_log)
    chosen: Value = value
    return chosen


@contextmanager
def _speaking(journal: Path) -> Iterator[None]:
    """Say in a sentence that the journal is damaged.

    Optuna's warnings, which speak to programmers, are kept off the user's screen.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise EmnistTuiError(f"{journal} is damaged ({error}); delete it, and the trials restore it.") from None
