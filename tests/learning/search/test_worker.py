"""A worker: what it begins, adopts and waits for, and how it ends."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.learning.data import dataset
from emnist_tui.learning.data.digits import SYNTHETIC_NAME
from emnist_tui.learning.search import worker as workers
from emnist_tui.learning.search.study import Study, open_study
from emnist_tui.learning.search.worker import End, SweepWorker
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs import locks
from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps import claims, heartbeat
from emnist_tui.runs.sweeps.board import Board, SweepBoard, read_result
from emnist_tui.runs.sweeps.folder import SweepFolder, TrialFolder
from emnist_tui.runs.sweeps.requests import ask_for, ask_of_trial
from emnist_tui.runs.sweeps.trial import Trial, TrialState, write_trial
from emnist_tui.runs.sweeps.worker import WorkerFiles
from tests.support.small_dataset import small_dataset
from tests.support.small_sweeps import GRID, new_seeds, new_sweep, trial_of
from tests.support.sweep_folders import NOBODY, make_worker, put_worker


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_IDLE", 0.01)
    monkeypatch.setattr(heartbeat, "_LOOK_EVERY", 0.01)


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return new_sweep(tmp_path / "sweep", epochs=1)


def board(sweep: SweepFolder) -> Board:
    return SweepBoard(sweep).refresh()


def states(sweep: SweepFolder) -> list[TrialState]:
    return [trial.state for trial in board(sweep).trials]


def begun(sweep: SweepFolder, number: int, state: TrialState = TrialState.RUNNING, *, pid: int = NOBODY) -> Trial:
    """Put a trial that a worker, by default a dead one, has begun."""
    study = open_study(sweep, sweep.read_spec())
    assert study.next(99) == number
    folder, worker = sweep.trial(number), make_worker(number, pid=pid)
    folder.path.mkdir()
    put_worker(sweep, worker)
    claims.take(folder.path, worker)
    trial = Trial(number, dict(study.point(number)), state, worker=worker.id)
    write_trial(folder.trial_json, trial)
    return trial


def test_every_trial_is_trained_and_the_best_tested(sweep: SweepFolder) -> None:
    ended: list[int] = []
    worker = SweepWorker(sweep, on_trial=lambda trial, _: ended.append(trial.number))
    assert worker.run() is End.DONE
    assert ended == [1, 2, 3]
    assert states(sweep) == [TrialState.FINISHED] * 3
    (record,) = WorkerFiles(sweep).refresh(9)
    assert (record.state, record.done) == ("ended", 3)
    assert read_result(sweep.result)
    assert [trial.state.name for trial in open_study(sweep, sweep.read_spec())._trials()] == ["COMPLETE"] * 3


@pytest.mark.parametrize("what", ["claim", "folder", "nothing"])
def test_a_trial_that_a_dead_worker_hardly_began_is_trained(sweep: SweepFolder, what: str) -> None:
    """Killed after it had claimed the trial, made its folder, or only asked for it."""
    assert open_study(sweep, sweep.read_spec()).next(3) == 1
    folder = sweep.trial(1)
    if what != "nothing":
        folder.path.mkdir()
    if what == "claim":
        claims.take(folder.path, make_worker(pid=NOBODY))
    assert SweepWorker(sweep).run() is End.DONE
    assert states(sweep) == [TrialState.FINISHED] * 3


@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.PAUSED, TrialState.INTERRUPTED])
def test_the_trial_of_a_dead_worker_is_adopted_first(sweep: SweepFolder, state: TrialState) -> None:
    trial = begun(sweep, 1, state)
    ended: list[Trial] = []
    assert SweepWorker(sweep, on_trial=lambda trial, _: ended.append(trial)).run() is End.DONE
    assert (ended[0].number, ended[0].values) == (1, trial.values)
    assert len(ended) == 3


def test_a_trial_told_before_it_was_recorded_counts_once(sweep: SweepFolder) -> None:
    trial = begun(sweep, 1)
    open_study(sweep, sweep.read_spec()).tell(replace(trial, state=TrialState.FINISHED, accuracy=0.5))
    assert SweepWorker(sweep).run() is End.DONE
    assert states(sweep) == [TrialState.FINISHED] * 3
    assert len(open_study(sweep, sweep.read_spec())._trials()) == 3


def test_the_trial_of_a_living_worker_is_left_alone_and_waited_for(sweep: SweepFolder) -> None:
    trial = begun(sweep, 1, pid=0)
    ended: list[int] = []

    def finish() -> None:
        until(lambda: len(ended) == 2 and any(worker.state == "waiting" for worker in board(sweep).workers))
        assert trial_of(sweep, 1) == trial
        write_trial(sweep.trial(1).trial_json, replace(trial, state=TrialState.FAILED))

    with meanwhile(finish):
        assert SweepWorker(sweep, on_trial=lambda trial, _: ended.append(trial.number)).run() is End.DONE
    assert ended == [2, 3]


def test_a_stopped_trial_is_trained_again_only_if_its_user_wants_it(sweep: SweepFolder) -> None:
    begun(sweep, 1, TrialState.STOPPED)
    ask_of_trial(sweep.trial(1), Desired.STOP)
    assert SweepWorker(sweep).run() is End.DONE
    assert states(sweep) == [TrialState.STOPPED, TrialState.FINISHED, TrialState.FINISHED]
    ask_of_trial(sweep.trial(1), Desired.RUN)
    assert SweepWorker(sweep).run() is End.DONE
    assert states(sweep) == [TrialState.FINISHED] * 3


def test_a_stopped_sweep_is_left_at_once_and_trained_on_later(sweep: SweepFolder) -> None:
    worker = SweepWorker(sweep, on_trial=lambda *_: ask_for(sweep.control, Desired.STOP))
    assert worker.run() is End.STOPPED
    assert SweepWorker(sweep).run() is End.STOPPED
    assert len(states(sweep)) == 1
    ask_for(sweep.control, Desired.RUN)
    assert SweepWorker(sweep).run() is End.DONE
    assert states(sweep) == [TrialState.FINISHED] * 3


def test_a_paused_sweep_begins_nothing(sweep: SweepFolder) -> None:
    ask_for(sweep.control, Desired.PAUSE)

    def resume() -> None:
        until(lambda: any(worker.state == "paused" for worker in board(sweep).workers))
        assert states(sweep) == []
        ask_for(sweep.control, Desired.RUN)

    with meanwhile(resume):
        assert SweepWorker(sweep).run() is End.DONE


def test_a_pause_and_a_stop_reach_the_trial_in_training(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []
    stopped = threading.Event()
    hold, request_stop = Trainer.hold, Trainer.request_stop

    def watched_hold(self: Trainer, is_held: bool) -> None:
        held.append(is_held)
        hold(self, is_held)

    def watched_stop(self: Trainer) -> None:
        request_stop(self)
        stopped.set()

    monkeypatch.setattr(Trainer, "hold", watched_hold)
    monkeypatch.setattr(Trainer, "request_stop", watched_stop)
    run = Trainer.run

    def wait_amid(self: Trainer) -> Iterator[object]:
        for number, event in enumerate(run(self)):
            yield event
            if number == 0:
                ask_for(sweep.control, Desired.PAUSE)
                until(lambda: held[-1])
                ask_for(sweep.control, Desired.STOP)
                assert stopped.wait(60)

    monkeypatch.setattr(Trainer, "run", wait_amid)
    assert SweepWorker(sweep).run() is End.STOPPED
    assert states(sweep) == [TrialState.INTERRUPTED]


def test_a_worker_told_to_leave_saves_its_trial(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = SweepWorker(sweep)
    run = Trainer.run

    def leave_amid(self: Trainer) -> Iterator[object]:
        for event in run(self):
            yield event
            worker.leave()

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run", leave_amid)
        assert worker.run() is End.INTERRUPTED
    assert states(sweep) == [TrialState.INTERRUPTED]
    assert SweepWorker(sweep).run() is End.DONE
    assert states(sweep) == [TrialState.FINISHED] * 3


def test_a_failing_trial_does_not_end_the_worker(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    run, tries = Trainer.run, iter(range(9))

    def fail_first(self: Trainer) -> Iterator[object]:
        if next(tries) < 2:
            raise ValueError("no")
        yield from run(self)

    monkeypatch.setattr(Trainer, "run", fail_first)
    assert SweepWorker(sweep).run() is End.DONE
    assert states(sweep) == [TrialState.FAILED, TrialState.FAILED, TrialState.FINISHED]


def test_three_failures_in_a_row_before_a_batch_end_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Trainer) -> Iterator[object]:
        raise ValueError("no")

    monkeypatch.setattr(Trainer, "run", fail)
    sweep = new_sweep(tmp_path / "sweep", trials=9)
    with pytest.raises(EmnistTuiError, match=r"3 trials in a row failed before their first batch: .*ValueError: no"):
        SweepWorker(sweep).run()
    assert states(sweep) == [TrialState.FAILED] * 3
    (record,) = WorkerFiles(sweep).refresh(9)
    assert record.state == "ended"


def test_hosts_that_share_no_locks_never_train_a_trial_twice(
    sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes the folder first has the trial."""
    next_number, raced = Study.next, set[int]()

    def other_is_faster(self: Study, total: int) -> int | None:
        number = next_number(self, total)
        if number == 2 and not raced:
            raced.add(number)
            sweep.trial(2).path.mkdir()
            claims.take(sweep.trial(2).path, make_worker(2, pid=NOBODY))
        return number

    monkeypatch.setattr(Study, "next", other_is_faster)
    assert SweepWorker(sweep).run() is End.DONE
    assert raced
    assert states(sweep) == [TrialState.FINISHED] * 3


def test_a_trial_that_its_user_trains_by_hand_is_waited_for(sweep: SweepFolder) -> None:
    trial = begun(sweep, 1)
    ended: list[int] = []
    release = threading.Event()

    def hold() -> None:
        with sweep.trial(1).held():
            held.set()
            assert release.wait(60)

    def wait() -> None:
        until(lambda: ended == [2, 3] and any(worker.state == "waiting" for worker in board(sweep).workers))
        assert trial_of(sweep, 1) == trial
        release.set()

    held = threading.Event()
    with meanwhile(hold), meanwhile(wait):
        assert held.wait(60)
        assert SweepWorker(sweep, on_trial=lambda trial, _: ended.append(trial.number)).run() is End.DONE
    assert ended == [2, 3, 1]


def test_a_trial_that_begins_to_be_trained_by_hand_is_dropped_and_taken_up_later(
    sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(sweep, 1)
    held, tries = TrialFolder.held, iter(range(99))

    @contextmanager
    def refused_once(self: TrialFolder) -> Iterator[None]:
        if next(tries) == 0:
            with held(self), held(self):
                raise AssertionError
        with held(self):
            yield

    monkeypatch.setattr(TrialFolder, "held", refused_once)
    monkeypatch.setattr("emnist_tui.runs.folder._LOCK_PATIENCE", 0.0)
    is_training = TrialFolder.is_training
    monkeypatch.setattr(TrialFolder, "is_training", lambda self: next(tries) == 1 or is_training(self))
    assert SweepWorker(sweep).run() is End.DONE
    assert states(sweep) == [TrialState.FINISHED] * 3


def test_a_deleted_trial_is_not_waited_for(sweep: SweepFolder) -> None:
    assert SweepWorker(sweep).run() is End.DONE
    shutil.rmtree(sweep.trial(2).path)
    assert SweepWorker(sweep).run() is End.DONE


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_what_is_no_folder_is_told_and_not_waited_for(sweep: SweepFolder, kind: str) -> None:
    path = sweep.trial(1).path
    path.write_text("") if kind == "file" else path.symlink_to(sweep.path / "nowhere")
    with pytest.raises(EmnistTuiError, match=r"trial-0001 is no trial that can be read \(N.* directory\); remove it"):
        SweepWorker(sweep).run()


def test_synthetic_digits_that_auto_chose_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = replace(small_dataset(train=424, test=100), name=SYNTHETIC_NAME)
    monkeypatch.setattr(dataset, "load_dataset", lambda source, on_phase=None: data)
    notices: list[str] = []
    sweep = new_sweep(tmp_path / "sweep", data="auto", trials=1, epochs=1)
    assert SweepWorker(sweep, on_notice=notices.append).run() is End.DONE
    assert "synthetic digits" in notices[0]


def test_a_lock_that_hangs_is_one_sentence(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_LOCK_PATIENCE", 0.0)
    with locks.held(sweep.lock, 0), pytest.raises(EmnistTuiError, match=r"sweep\.lock is held"):
        SweepWorker(sweep).run()


def test_a_grid_without_pruner_needs_no_journal(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path / "sweep", *GRID, sampler="grid")
    assert SweepWorker(sweep).run() is End.DONE
    assert [trial.values for trial in board(sweep).trials] == sweep.read_spec().grid()
    assert not sweep.journal.exists()


def test_the_device_of_a_worker_replaces_that_of_the_sweep(tmp_path: Path) -> None:
    sweep = new_seeds(tmp_path / "seeds", 1)
    with pytest.raises(EmnistTuiError, match="mps"):
        SweepWorker(sweep, device="mps").run()
    assert states(sweep) == []


@contextmanager
def meanwhile(act: Callable[[], None]) -> Iterator[None]:
    """Act in a thread beside the block; a trainer needs the main thread."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(60)
    assert failures == []


def until(happened: Callable[[], object]) -> None:
    """Wait for a condition."""
    for _ in range(6_000):
        if happened():
            return
        threading.Event().wait(0.01)
    raise AssertionError("timed out")
