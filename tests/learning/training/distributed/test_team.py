import pytest
import torch

from emnist_tui.learning.training.distributed.team import Command, Content, EndedError, FollowingTeam
from emnist_tui.learning.training.distributed.vector import ExchangedVector
from emnist_tui.learning.training.ranks import RankLostError
from tests.support.thread_ranks import ranks


def vector_of(team: object) -> ExchangedVector:
    return ExchangedVector(team.size, 1, torch.device("cpu"))  # type: ignore[attr-defined]


def work(team: FollowingTeam, exchanges: int) -> None:
    vector = vector_of(team)
    for _ in range(exchanges):
        team.resume()
        team.exchange(vector)


def test_content_arrives_at_all_ranks() -> None:
    received: list[tuple[Command, Content]] = []

    def follow(team: FollowingTeam) -> None:
        received.extend([team.receive(), team.receive()])

    with ranks(3, follow) as team:
        team.send(Command.CONFIGURE, {"text": "é", "tensor": torch.arange(3), "nothing": None})
        team.send(Command.WAIT)
    for command, content in received[:4:2]:
        assert command is Command.CONFIGURE
        assert content["tensor"].tolist() == [0, 1, 2]
        assert (content["text"], content["nothing"]) == ("é", None)
    assert received[1] == received[3] == (Command.WAIT, {})


def test_all_ranks_are_given_every_vector_and_what_the_leader_says() -> None:
    numbers: list[list[float]] = []

    def follow(team: FollowingTeam) -> None:
        vector = vector_of(team)
        vector.payload[0] = team.rank
        team.resume()
        numbers.append(team.exchange(vector, 5.0, 6.0))
        assert vector.payloads.flatten().tolist() == [0, 1, 2]

    with ranks(3, follow) as team:
        vector = vector_of(team)
        team.resume()
        assert team.exchange(vector, 1 / 3, 2.0) == [1 / 3, 2.0]
    assert numbers == [[1 / 3, 2.0]] * 2


def test_a_request_of_the_leader_interrupts_all_after_one_exchange() -> None:
    idle: list[list[bool]] = []

    def follow(team: FollowingTeam) -> None:
        vector = vector_of(team)
        found = []
        for _ in range(3):
            team.resume()
            team.exchange(vector)
            found.append(team.is_idle)
        idle.append(found)

    with ranks(3, follow) as team:
        vector = vector_of(team)
        for requested in (False, True, False):
            team.resume()
            team.has_request = requested
            team.exchange(vector)
            assert team.is_idle is requested
    assert idle == [[False, True, False]] * 2


def test_a_request_of_another_rank_reaches_the_leader_and_interrupts_all() -> None:
    requests: list[int] = []

    def follow(team: FollowingTeam) -> None:
        team.has_request = team.rank == 2
        work(team, 0)
        assert team.receive()[0] is Command.RESUME
        team.has_request = team.rank == 2
        team.exchange(vector_of(team))
        assert team.is_idle
        assert not team.has_request, "it is requested once"

    with ranks(3, follow, lambda: requests.append(1)) as team:
        team.send(Command.RESUME)
        assert len(requests) == 1, "idle ranks have requests, too"
        team.exchange(vector_of(team))
        assert len(requests) == 2
        assert team.is_idle


def test_bytes_of_different_lengths_are_gathered() -> None:
    gathered: list[list[bytes]] = []

    def follow(team: FollowingTeam) -> None:
        gathered.append(team.gather_bytes(b"x" * team.rank))

    with ranks(3, follow) as team:
        gathered.append(team.gather_bytes(b""))
    assert gathered == [[b"", b"x", b"xx"]] * 3


def test_the_end_ends_work() -> None:
    def follow(team: FollowingTeam) -> None:
        with pytest.raises(EndedError):
            team.resume()

    with ranks(2, follow) as team:
        team.send(Command.WAIT)
        team.send(Command.END)


def test_a_rank_that_ends_is_missed() -> None:
    def leave(team: FollowingTeam) -> None:
        team._group.meeting.leave()  # type: ignore[attr-defined]

    with ranks(2, leave) as team, pytest.raises(RankLostError):
        team.send(Command.RESUME)
