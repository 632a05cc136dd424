"""The process group, of one rank and of processes."""

import datetime
import os
from collections.abc import Iterator

import pytest
import torch

from emnist_tui.learning.training.distributed import group
from emnist_tui.learning.training.distributed.group import ProcessGroup
from emnist_tui.learning.training.ranks import RankLostError
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.torchrun import Place
from tests.support.rank_processes import free_port


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def alone(address: None) -> Iterator[ProcessGroup]:
    joined = ProcessGroup(Place(0, 1, 0))
    yield joined
    joined.leave()


def test_one_rank_gathers_itself(alone: ProcessGroup) -> None:
    every = torch.zeros(1, 3)
    alone.gather(torch.tensor([1.0, 2.0, 3.0]), every)
    assert every.tolist() == [[1.0, 2.0, 3.0]]
    alone.broadcast(every)


def test_the_end_is_told_with_a_code(alone: ProcessGroup) -> None:
    alone.end(130)
    assert alone.end_code() == 130
    assert alone.is_broken


def test_a_broken_connection_has_the_reason_of_the_rank_that_failed(
    alone: ProcessGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Connection reset by peer\nat some line")

    monkeypatch.setattr(group, "_all_gather", fail)
    alone.size = 2
    monkeypatch.setattr(group, "_END_PATIENCE", datetime.timedelta(seconds=0.01))
    alone._store.set("ended", "1")
    alone.fail("No room here.")
    with pytest.raises(RankLostError, match=r"^Rank 0 on \S+ failed: No room here\.$"):
        alone.gather(torch.zeros(1), torch.zeros(1, 1))
    assert alone.is_broken


def test_silence_is_described(alone: ProcessGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "_REASON_PATIENCE", datetime.timedelta(seconds=0.01))

    def fail(*_: object) -> None:
        raise RuntimeError("Timed out")

    monkeypatch.setattr(group, "_all_gather", fail)
    alone.size = 2
    with pytest.raises(RankLostError, match=r"^A rank no longer answers: it was killed, is frozen, or"):
        alone.gather(torch.zeros(1), torch.zeros(1, 1))
    assert alone.is_broken


def test_ranks_that_do_not_come_are_an_error(address: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "TIMEOUT", datetime.timedelta(seconds=0.1))
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(EmnistTuiError, match=r"^The 2 ranks did not find each other \(.*\); start all of them"):
        ProcessGroup(Place(0, 2, 0))


def test_nothing_is_printed_on_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    with group._nothing_on_stdout():
        os.write(1, b"[Gloo] Rank 0 is connected to 1 peer ranks")
    os.write(1, b"after")
    assert capfd.readouterr().out == "after"
