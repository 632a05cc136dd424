"""One trial: its record through every end, resumption bit for bit, and a lost claim."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.search.allotment import Grid
from emnist_tui.learning.search.trial_training import LostClaimError, TrialTraining, UnwritableError
from emnist_tui.learning.training import trainer
from emnist_tui.runs import control
from emnist_tui.runs.control import Desired
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import RunEnded, RunFailed, RunStarted
from emnist_tui.runs.sweeps import claims
from emnist_tui.runs.sweeps.folder import SweepFolder, TrialFolder
from emnist_tui.runs.sweeps.trial import Trial, TrialState, read_trial
from tests.support.small_dataset import of_kind
from tests.support.small_sweeps import GRID, new_seeds, new_sweep, trial_of
from tests.support.sweep_folders import make_worker
from tests.support.trained_run import same_weights, weights


class Scripted(Grid):
    """A grid that acts after the epochs, and remembers what it is told."""

    act: Callable[[], bool | None] = staticmethod(lambda: False)

    def report(self, number: int, curve: Sequence[float]) -> bool:
        return bool(self.act())

    def tell(self, trial: Trial) -> None:
        self.told = trial.state


class Session:
    """A trial that a worker has claimed."""

    def __init__(self, sweep: SweepFolder, data: Dataset, number: int = 1) -> None:
        self.spec, self.data = sweep.read_spec(), data
        self.folder: TrialFolder = sweep.trial(number)
        self.folder.path.mkdir(exist_ok=True)
        claim = claims.take(self.folder.path, make_worker(), claims.newest_claim(self.folder.path))
        assert claim
        self.allotment = Scripted(sweep, self.spec)
        self.values = self.allotment.point(number)
        trial = read_trial(self.folder.trial_json) or Trial(number, dict(self.values))
        self.training = TrialTraining(self.folder, self.spec, claim, trial, self.allotment)

    def run(self, act: Callable[[], bool | None] | None = None) -> Trial:
        if act:
            self.allotment.act = act
        return self.training.run(self.spec.config_of(self.values), self.data)


@pytest.fixture(autouse=True)
def polled_at_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Obey requests at once: the trials are over in milliseconds."""
    monkeypatch.setattr("emnist_tui.learning.training.control_poller._POLL_EVERY", 0.0)


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return new_sweep(tmp_path / "sweep", *GRID, sampler="grid")


def test_a_trial_is_an_ordinary_run_that_leaves_the_test_split_alone(sweep: SweepFolder, bars: Dataset) -> None:
    session = Session(sweep, bars)
    trial = session.run()
    events = list(read_events(session.folder.events))
    assert (trial.state, trial.epoch, len(trial.curve)) == (TrialState.FINISHED, 2, 2)
    assert trial.accuracy == max(trial.curve)
    assert trial.seconds > 0
    assert trial.ended
    assert trial_of(sweep, 1) == trial
    assert session.allotment.told is TrialState.FINISHED
    assert session.folder.read_config() == session.spec.config_of(session.values)
    assert [event.reason for event in of_kind(events, RunEnded)] == ["finished"]
    assert of_kind(events, RunEnded)[0].test_accuracy is None
    assert not list(session.folder.path.glob("evaluation-epoch-*"))
    assert not session.folder.is_training()


def test_seeds_are_tested(tmp_path: Path, bars: Dataset) -> None:
    sweep = new_seeds(tmp_path / "seeds")
    trial = Session(sweep, bars, 2).run()
    assert trial.values == {"seed": 1}
    assert trial.test_accuracy == trial.curve[-1]


def test_an_interrupted_trial_is_resumed_bit_for_bit(sweep: SweepFolder, tmp_path: Path, bars: Dataset) -> None:
    first = Session(sweep, bars)
    trial = first.run(first.training.leave)
    assert (trial.state, trial.epoch, trial.ended) == (TrialState.INTERRUPTED, 1, None)
    resumed = Session(sweep, bars)
    assert resumed.run().state is TrialState.FINISHED
    whole = Session(new_sweep(tmp_path / "whole", *GRID, sampler="grid"), bars)
    assert trial_of(sweep, 1).curve == whole.run().curve
    assert same_weights(weights(resumed.folder.last_checkpoint), weights(whole.folder.last_checkpoint))
    assert len(of_kind(read_events(resumed.folder.events), RunStarted)) == 2


def test_a_trial_without_checkpoint_begins_anew(sweep: SweepFolder, bars: Dataset) -> None:
    session = Session(sweep, bars)
    session.run(session.training.leave)
    for path in session.folder.path.glob("*.pt"):
        path.write_bytes(b"damaged")
    (session.folder.path / ".last.pt.12345678.tmp").touch()
    again = Session(sweep, bars)
    assert again.run().state is TrialState.FINISHED
    assert len(of_kind(read_events(again.folder.events), RunStarted)) == 1
    assert not list(again.folder.path.glob(".*.tmp"))


def test_a_trial_that_ended_before_it_was_recorded_is_not_trained_again(tmp_path: Path, bars: Dataset) -> None:
    sweep = new_seeds(tmp_path / "seeds")
    trial = Session(sweep, bars).run()
    log = sweep.trial(1).events.read_bytes()
    again = Session(sweep, bars).run()
    assert (again.state, again.curve, again.test_accuracy) == (trial.state, trial.curve, trial.test_accuracy)
    assert sweep.trial(1).events.read_bytes().startswith(log)
    assert len(of_kind(read_events(sweep.trial(1).events), RunStarted)) == 1


def test_what_falls_behind_is_pruned_but_not_at_its_end(sweep: SweepFolder, bars: Dataset) -> None:
    session = Session(sweep, bars)
    trial = session.run(lambda: True)
    assert (trial.state, trial.epoch, session.allotment.told) == (TrialState.PRUNED, 1, TrialState.PRUNED)
    assert trial.reason == "Behind others after epoch 1."
    assert trial.ended


def test_the_user_stops_a_trial(sweep: SweepFolder, bars: Dataset) -> None:
    session = Session(sweep, bars)
    trial = session.run(lambda: control.ask_for(session.folder.control, Desired.STOP))
    assert trial.state is TrialState.STOPPED
    assert session.allotment.told is TrialState.STOPPED


def test_a_stop_while_nobody_trains_is_obeyed(sweep: SweepFolder, bars: Dataset) -> None:
    session = Session(sweep, bars)
    control.ask_for(session.folder.control, Desired.STOP)
    assert session.run().state is TrialState.STOPPED
    assert not session.folder.exists()


def test_a_trial_pauses_with_its_sweep(sweep: SweepFolder, bars: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(sweep, bars)
    seen = []

    def release(seconds: float) -> None:
        seen.append(trial_of(sweep, 1).state)
        session.training.hold(False)

    monkeypatch.setattr("emnist_tui.learning.training.trainer.time.sleep", release)
    assert session.run(lambda: session.training.hold(True)).state is TrialState.FINISHED
    assert seen == [TrialState.PAUSED]


def test_a_failing_trial_is_recorded(sweep: SweepFolder, bars: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: trainer.Trainer) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(trainer.Trainer, "run", fail)
    session = Session(sweep, bars)
    trial = session.run()
    assert trial.state is TrialState.FAILED
    assert trial.reason.startswith("Unexpected ZeroDivisionError: no")
    assert not session.training.has_trained
    assert len(of_kind(read_events(session.folder.events), RunFailed)) == 1


@pytest.mark.parametrize(("cause", "state"), [("diverged", TrialState.DIVERGED), (None, TrialState.FAILED)])
def test_a_run_that_fails_is_recorded_by_its_cause(
    sweep: SweepFolder, bars: Dataset, monkeypatch: pytest.MonkeyPatch, cause: str | None, state: TrialState
) -> None:
    monkeypatch.setattr(trainer.Trainer, "run", lambda self: iter([RunFailed(error="It ends.", cause=cause)]))
    trial = Session(sweep, bars).run()
    assert (trial.state, trial.reason) == (state, "It ends.")


def test_a_full_disk_interrupts_the_trial(sweep: SweepFolder, bars: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer.Trainer, "run", lambda self: iter([RunFailed(error="Full.", cause="disk")]))
    with pytest.raises(UnwritableError, match="Full"):
        Session(sweep, bars).run()
    assert trial_of(sweep, 1).state is TrialState.INTERRUPTED


def test_a_trial_that_another_worker_took_over_is_dropped(sweep: SweepFolder, bars: Dataset) -> None:
    session = Session(sweep, bars)

    def take_over() -> None:
        assert claims.take(session.folder.path, make_worker(2), claims.newest_claim(session.folder.path))
        session.training.check_claim()

    with pytest.raises(LostClaimError):
        session.run(take_over)
    assert trial_of(sweep, 1).state is TrialState.RUNNING
    assert not hasattr(session.allotment, "told")
    assert not of_kind(read_events(session.folder.events), RunEnded)
    assert not of_kind(read_events(session.folder.events), RunFailed)
