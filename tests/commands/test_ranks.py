"""`train` as a rank of torchrun."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.commands import ranks
from emnist_tui.learning.data.emnist.install import import_data
from emnist_tui.learning.training.distributed import follower, leader
from emnist_tui.learning.training.ranks import ALONE
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.signals import ENDING
from emnist_tui.runs.torchrun import Place
from tests.support.call import Call, check_refused
from tests.support.rank_processes import TORCHRUN, ended_processes, rank_processes
from tests.support.trained_run import events_of, named, same_weights, train_arguments, weights

PLACE = Place(rank=1, size=2, local_rank=1)


class FakeProcess:
    """A part in the process group that only records its end."""

    def __init__(self, *_: object) -> None:
        self.leader = self
        self.codes: list[int] = []
        self.act: Callable[[], object] = list

    def end(self, code: int) -> None:
        self.codes.append(code)

    def request_stop(self) -> None:
        self.codes.append(-1)

    def follow(self, _: object) -> int:
        self.act()
        return 5


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeProcess:
    process = FakeProcess()
    monkeypatch.setattr(leader, "LeadingProcess", lambda *_: process)
    monkeypatch.setattr(follower, "FollowingProcess", lambda *_: process)
    return process


def test_a_process_alone_waits_for_nobody() -> None:
    with ranks.leading(None) as leading:
        assert leading.join(list) is ALONE


@pytest.mark.parametrize(
    ("error", "code"), [(None, 0), (UsageError("x"), 2), (KeyboardInterrupt(), 130), (ValueError(), 1)]
)
def test_the_others_are_told_how_it_ended(fake: FakeProcess, error: BaseException | None, code: int) -> None:
    def lead() -> None:
        with ranks.leading(Place(0, 2, 0)) as leading:
            assert leading.join(list) is fake  # type: ignore[comparison-overlap]
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            lead()
    else:
        lead()
    assert fake.codes == [code]


def test_a_follower_ends_with_the_runs_code(fake: FakeProcess) -> None:
    assert ranks.follow(PLACE, {}) == 5


def test_a_signal_to_a_follower_is_a_request(fake: FakeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = {number: signal.getsignal(number) for number in ENDING}
    fake.act = lambda: signal.raise_signal(signal.SIGTERM)
    try:
        assert ranks.follow(PLACE, {}) == 130
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert fake.codes == [-1]


def test_contradicting_variables_are_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "3", "WORLD_SIZE": "2", "MASTER_ADDR": "here", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    check_refused(call("train"), 2, "RANK is '3', not a number from 0 to 1; start the ranks by torchrun")


def test_two_ranks_of_torchrun_train_as_one_process(
    root: Path, archive: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = ["--batch-size", "64", "--epochs", "1"]
    call(*train_arguments(archive, root, *recipe, "--name", "alone"))
    command = [*TORCHRUN, "--standalone", "--nproc-per-node", "2", "-m", "emnist_tui"]
    with ended_processes() as start:
        arguments = train_arguments(archive, root, *recipe, "--name", "ranks")
        process = start([*command, *arguments], root / "errors", {})
        code, out = process.end()
    run = RunFolder(root / "ranks")
    assert (code, out) == (0, f"{run.last_checkpoint}\n"), process.errors
    assert same_weights(weights(run.last_checkpoint), weights(root / "alone" / "last.pt"))
    printed = [line for line in process.errors.splitlines() if "torch/distributed/run.py" not in line]
    assert len([line for line in printed if "Several ranks are not faster at batch size 64" in line]) == 1
    assert printed == [line for line in printed if line[0].isalpha()], "only words of rank 0"
    assert len(named(events_of(run), "run_ended")) == 1


def test_the_reason_of_a_failing_rank_is_that_of_the_run(root: Path, archive: Path, other_archive: Path) -> None:
    folders = [root / "data-0", root / "data-1"]
    for folder, digits in zip(folders, (archive, other_archive), strict=True):
        import_data(digits, folder)
    arguments = train_arguments("emnist", root, "--name", "run")
    variables = [{"EMNIST_TUI_DATA": str(folder)} for folder in folders]
    with rank_processes(2, root, *arguments, variables=variables) as processes:
        assert [process.end() for process in processes] == [(1, ""), (1, "")]
    *_, sentence = processes[0].errors.splitlines()
    assert re.match(r"emnist-tui: Rank 1 on \S+ failed: The data here is .*, but that of rank 0 is ", sentence)
    assert processes[1].errors.startswith("emnist-tui: The data here is ")
    assert processes[1].errors.count("\n") == 1


def test_a_failure_of_rank_0_ends_the_others(root: Path) -> None:
    """Its data is not installed, and theirs is not looked for."""
    arguments = train_arguments("emnist", root, "--name", "run")
    with rank_processes(2, root, *arguments, variables=[{"EMNIST_TUI_DATA": str(root)}] * 2) as processes:
        assert [process.end() for process in processes] == [(1, ""), (1, "")]
    assert "EMNIST digits are not in" in processes[0].errors
    assert processes[1].errors == ""
