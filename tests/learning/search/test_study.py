"""Optuna's study: points, pruning and verdicts, and a journal that outlives faults."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.learning.search import study
from emnist_tui.learning.search.study import Study, open_study
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.points import add_point
from emnist_tui.runs.sweeps.space import Point
from emnist_tui.runs.sweeps.trial import Trial, TrialState, write_trial
from tests.support.small_sweeps import AXES, GRID, new_sweep


def opened(sweep: SweepFolder) -> Study:
    return open_study(sweep, sweep.read_spec())


def begin(sweep: SweepFolder, allotment: Study, total: int) -> Point | None:
    """Begin a trial as a worker does, and return its values."""
    number = allotment.next(total)
    if number is None:
        return None
    sweep.trial(number).path.mkdir()
    return allotment.point(number)


def finished(number: int, accuracy: float, state: TrialState = TrialState.FINISHED) -> Trial:
    return Trial(number, {}, state, accuracy=accuracy, curve=[accuracy], epoch=1)


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return new_sweep(tmp_path / "sweep", *AXES, "epochs=2..9")


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_every_trial_has_values_on_the_axes(tmp_path: Path, sampler: str) -> None:
    sweep = new_sweep(
        tmp_path / "sweep", "learning-rate=0.001..0.1:log", "batch-size=32,64", "epochs=2..9", sampler=sampler
    )
    allotment = opened(sweep)
    points = [begin(sweep, allotment, 12) for _ in range(12)]
    assert begin(sweep, allotment, 12) is None
    axes = {axis.field: axis for axis in sweep.read_spec().axes}
    for number, point in enumerate(points, 1):
        assert point is not None
        assert all(axes[name].contains(value) for name, value in point.items())
        assert isinstance(point["epochs"], int)
        assert sweep.read_spec().config_of(point)
        allotment.tell(finished(number, 0.5))
    assert len({point["learning_rate"] for point in points if point}) == 12


def test_two_workers_with_the_same_seed_get_different_points(sweep: SweepFolder) -> None:
    workers = opened(sweep), opened(sweep)
    points = [begin(sweep, workers[turn % 2], 8) for turn in range(8)]
    assert len({point["learning_rate"] for point in points if point}) == 8


def test_the_seed_decides_the_points(tmp_path: Path) -> None:
    first, same, other = (new_sweep(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    points = [begin(sweep, opened(sweep), 3) for sweep in (first, same, other)]
    assert points[0] == points[1] != points[2]


def test_a_point_is_the_same_whenever_it_is_asked_for(sweep: SweepFolder) -> None:
    point = begin(sweep, opened(sweep), 3)
    assert opened(sweep).point(1) == point


def test_a_trial_whose_worker_died_as_it_had_asked_is_begun_by_another(sweep: SweepFolder) -> None:
    assert opened(sweep).next(3) == 1
    assert opened(sweep).next(3) == 1  # no folder of it yet
    sweep.trial(1).path.mkdir()
    assert opened(sweep).next(3) == 2


@pytest.mark.parametrize("values", [{"batch_size": 64, "epochs": 4}, {"batch_size": 64, "epochs": 40}])
def test_points_of_users_come_next_and_once(sweep: SweepFolder, values: dict[str, int]) -> None:
    """Wherever they lie, also beside a range."""
    wanted = {"learning_rate": 0.05, **values}
    workers = opened(sweep), opened(sweep)
    assert begin(sweep, workers[0], 2) != wanted
    add_point(sweep, sweep.read_spec(), wanted)
    points = [begin(sweep, workers[turn % 2], 3) for turn in range(3)]
    assert points[0] == wanted
    assert points[1] not in (None, wanted)
    assert points[2] is None


def test_a_grid_is_pruned_and_keeps_its_order(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path / "sweep", *GRID, sampler="grid", pruner="asha")
    add_point(sweep, sweep.read_spec(), {"learning_rate": 0.02, "batch_size": 32})
    allotment = opened(sweep)
    points = [begin(sweep, allotment, 5) for _ in range(5)]
    assert points == [*sweep.read_spec().grid(), {"learning_rate": 0.02, "batch_size": 32}]
    assert begin(sweep, allotment, 5) is None


def test_what_falls_behind_is_pruned_and_reported_epochs_count_once(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path / "sweep", pruner="asha")
    allotment = opened(sweep)
    for _accuracy in (0.9, 0.8, 0.7):
        begin(sweep, allotment, 4)
    assert not allotment.report(1, [0.9])
    assert not allotment.report(1, [0.9])
    assert allotment.report(2, [0.1])


def test_without_pruner_nothing_is_pruned(sweep: SweepFolder) -> None:
    allotment = opened(sweep)
    for _accuracy in (0.9, 0.1):
        begin(sweep, allotment, 4)
    assert not allotment.report(1, [0.9])
    assert not allotment.report(2, [0.1])


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (TrialState.FINISHED, "COMPLETE"),
        (TrialState.STUCK, "COMPLETE"),
        (TrialState.PRUNED, "PRUNED"),
        (TrialState.DIVERGED, "PRUNED"),
        (TrialState.FAILED, "FAIL"),
        (TrialState.STOPPED, "RUNNING"),
        (TrialState.INTERRUPTED, "RUNNING"),
    ],
)
def test_every_end_is_told_once(sweep: SweepFolder, state: TrialState, told: str) -> None:
    allotment = opened(sweep)
    begin(sweep, allotment, 3)
    allotment.tell(finished(1, 0.7, state))
    opened(sweep).tell(finished(1, 0.7, state))
    (trial,) = opened(sweep)._trials()
    assert trial.state.name == told
    assert trial.value == (0.7 if told == "COMPLETE" else None)


def test_a_torn_line_is_removed_by_who_joins_and_by_who_appends(sweep: SweepFolder) -> None:
    allotment = opened(sweep)
    begin(sweep, allotment, 9)
    whole = sweep.journal.read_bytes()
    for join in (False, True):
        with sweep.journal.open("ab") as journal:
            journal.write(b'{"op_code":4,"wor' + b"x" * 5000)
        if join:
            allotment = opened(sweep)
        assert begin(sweep, allotment, 9) is not None
    assert sweep.journal.read_bytes().startswith(whole)
    assert len(opened(sweep)._trials()) == 3


def test_a_full_disk_leaves_a_whole_journal(sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    allotment = opened(sweep)
    whole = sweep.journal.read_bytes()

    def refuse(descriptor: int) -> None:
        with sweep.journal.open("r+b") as journal:
            journal.truncate(len(whole) + 20)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("optuna.storages.journal._file.os.fsync", refuse)
        with pytest.raises(OSError, match="No space"):
            allotment.next(3)
    assert begin(sweep, opened(sweep), 3) is not None


def test_a_lock_left_by_a_dead_process_of_this_machine_costs_nothing(
    sweep: SweepFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(sweep)
    lock = Path(f"{sweep.journal}.lock")
    lock.write_text(socket.gethostname())
    monkeypatch.setattr("optuna.storages.journal._file.time.sleep", lambda seconds: pytest.fail("it waits"))
    assert opened(sweep).next(3) == 1
    assert not lock.exists()


def test_a_lock_that_another_host_took_over_is_no_error(sweep: SweepFolder) -> None:
    lock = study._JournalLock(sweep.journal.absolute())
    lock.acquire()
    Path(f"{sweep.journal}.lock").unlink()
    lock.release()
    lock.acquire()
    lock.release()


def test_a_damaged_journal_is_one_sentence(sweep: SweepFolder) -> None:
    begin(sweep, opened(sweep), 3)
    sweep.journal.write_bytes(b"\0" * 40 + b"\n" + sweep.journal.read_bytes())
    with pytest.raises(EmnistTuiError, match=r"journal\.log is damaged .*; delete it, and the trials restore it"):
        opened(sweep)


def test_a_lost_journal_is_restored_from_the_trials(tmp_path: Path) -> None:
    sweep = new_sweep(tmp_path / "sweep", *AXES, "epochs=2..9", sampler="tpe", pruner="asha")
    add_point(sweep, sweep.read_spec(), {"learning_rate": 0.5, "batch_size": 64, "epochs": 3})
    allotment = opened(sweep)
    ends = (TrialState.FINISHED, TrialState.RUNNING, TrialState.DIVERGED, TrialState.FAILED)
    for number, state in enumerate(ends, 1):
        values = begin(sweep, allotment, 9)
        assert values
        trial = replace(finished(number, 0.1 * number, state), values=dict(values))
        allotment.report(number, trial.curve)
        allotment.tell(trial)
        write_trial(sweep.trial(number).trial_json, trial)
    sweep.trial(6).path.mkdir()  # of a worker that died at once
    before = allotment._trials()
    sweep.journal.unlink()
    restored = opened(sweep)
    after = restored._trials()
    assert [trial.state for trial in after[:4]] == [trial.state for trial in before]
    assert [trial.value for trial in after[:4]] == [trial.value for trial in before]
    assert [trial.params for trial in after[:4]] == [trial.params for trial in before]
    assert [trial.intermediate_values for trial in after[:4]] == [trial.intermediate_values for trial in before]
    assert [trial.user_attrs for trial in after[:4]] == [trial.user_attrs for trial in before]
    assert (len(after), restored.next(9)) == (6, 5)


def test_a_trial_that_the_journal_does_not_know_is_one_sentence(sweep: SweepFolder) -> None:
    with pytest.raises(EmnistTuiError, match="knows nothing of trial 5"):
        opened(sweep).point(5)


def test_a_journal_cut_while_a_worker_uses_it_begins_no_trial_twice(sweep: SweepFolder) -> None:
    worker = opened(sweep)
    for _ in range(3):
        begin(sweep, worker, 9)
    content = sweep.journal.read_bytes()
    sweep.journal.write_bytes(content[: len(content) // 2])
    with pytest.raises(EmnistTuiError, match=r"knows nothing of trial \d; the next worker restores it"):
        worker.next(9)
    assert begin(sweep, opened(sweep), 9)


def test_a_journal_damaged_while_a_worker_uses_it_is_one_sentence(sweep: SweepFolder) -> None:
    worker = opened(sweep)
    begin(sweep, worker, 9)
    with sweep.journal.open("a") as file:
        file.write("garbage\n")
    is_damaged = r"journal\.log is damaged .*; delete it, and the trials restore it"
    with pytest.raises(EmnistTuiError, match=is_damaged):
        worker.next(9)
    with pytest.raises(EmnistTuiError, match=is_damaged):
        worker.tell(finished(1, 0.5))
