"""Ranks that are threads of the test's process, one of which runs at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.training.distributed import follower
from emnist_tui.learning.training.distributed.follower import Follower
from emnist_tui.learning.training.distributed.leader import Leader
from emnist_tui.learning.training.distributed.team import Command, FollowingTeam, LeadingTeam
from emnist_tui.learning.training.ranks import RankLostError
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.folder import RunFolder

_PATIENCE = 30.0  # seconds


class Meeting:
    """Place where the threads of all ranks meet.

    One thread runs at a time, so that they can share torch's random numbers.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.given: dict[int, torch.Tensor] = {}
        self.turn = threading.Lock()
        self._barrier = threading.Barrier(size)

    def wait(self) -> None:
        """Let the others run until all are here."""
        self.turn.release()
        try:
            self._barrier.wait(_PATIENCE)
        except threading.BrokenBarrierError:
            raise RankLostError("A rank has ended.") from None
        finally:
            self.turn.acquire()

    def leave(self) -> None:
        self._barrier.abort()


class ThreadGroup:
    """A rank's side of a meeting; see `Group`."""

    def __init__(self, rank: int, meeting: Meeting) -> None:
        self.rank, self.size, self.meeting = rank, meeting.size, meeting
        self.gathered = 0

    def gather(self, mine: torch.Tensor, every: torch.Tensor) -> None:
        self.gathered += 1
        self.meeting.given[self.rank] = mine.clone()
        self.meeting.wait()
        every.copy_(torch.stack([self.meeting.given[rank] for rank in range(self.size)]))
        self.meeting.wait()

    def broadcast(self, vector: torch.Tensor) -> None:
        self.meeting.given[self.rank] = vector.clone()
        self.meeting.wait()
        vector.copy_(self.meeting.given[0])
        self.meeting.wait()


def ignore() -> None:
    """Ignore that another rank has a request."""


@contextmanager
def ranks(
    size: int, other: Callable[[FollowingTeam], object], on_request: Callable[[], object] = ignore
) -> Iterator[LeadingTeam]:
    """Lead `size` ranks, of which every other is a thread that runs `other`.

    Waits for their end, unless the block raises. What they raise is raised here.
    """
    meeting, raised = Meeting(size), list[BaseException]()

    def run(rank: int) -> None:
        with meeting.turn:
            try:
                other(FollowingTeam(ThreadGroup(rank, meeting), ignore))
            except BaseException as error:
                raised.append(error)
                meeting.leave()

    threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in range(1, size)]
    meeting.turn.acquire()
    for thread in threads:
        thread.start()
    team = LeadingTeam(ThreadGroup(0, meeting), on_request)
    try:
        yield team
    except BaseException:
        meeting.leave()
        raise
    finally:
        meeting.turn.release()
        for thread in threads:
            thread.join(_PATIENCE)
    for error in raised:
        if not isinstance(error, RankLostError):
            raise error


@contextmanager
def trainer_of_ranks(
    size: int,
    path: Path,
    dataset: Dataset,
    config: TrainConfig,
    monkeypatch: pytest.MonkeyPatch,
    checkpoint: Checkpoint | None = None,
) -> Iterator[Trainer]:
    """Make the trainer of a run that several ranks share."""
    monkeypatch.setattr(follower, "load_dataset", lambda _: dataset)
    path.mkdir(exist_ok=True)

    def follow(team: FollowingTeam) -> None:
        Follower(team, {}).follow()

    with ranks(size, follow) as team:
        yield Trainer(config, RunFolder(path), dataset, checkpoint=checkpoint, ranks=Leader(team))
        with suppress(RankLostError):
            team.send(Command.END)
