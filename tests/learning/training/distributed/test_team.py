import pytest
import torch

from emnist_tui.learning.training.distributed.team import Content, EndedError, FollowingTeam, Word
from emnist_tui.learning.training.distributed.vector import ExchangedVector
from emnist_tui.learning.training.ranks import RankLostError
from tests.support.thread_ranks import ranks


def vector_of(team: object) -> ExchangedVector:
    return ExchangedVector(team.size, 1, torch.device("cpu"))  # type: ignore[attr-defined]


def work(team: FollowingTeam, exchanges: int) -> None:
    vector = vector_of(team)
    for _ in range(exchanges):
        team.go_on()
        team.exchange(vector)


def test_content_arrives_at_all_ranks() -> None:
    heard: list[tuple[Word, Content]] = []

    def follow(team: FollowingTeam) -> None:
        heard.extend([team.hear(), team.hear()])

    with ranks(3, follow) as team:
        team.say(Word.CONFIGURE, {"text": "é", "tensor": torch.arange(3), "nothing": None})
        team.say(Word.WAIT)
    for word, content in heard[:4:2]:
        assert word is Word.CONFIGURE
        assert content["tensor"].tolist() == [0, 1, 2]
        assert (content["text"], content["nothing"]) == ("é", None)
    assert heard[1] == heard[3] == (Word.WAIT, {})


def test_all_ranks_are_given_every_vector_and_what_the_leader_says() -> None:
    said: list[list[float]] = []

    def follow(team: FollowingTeam) -> None:
        vector = vector_of(team)
        vector.payload[0] = team.rank
        team.go_on()
        said.append(team.exchange(vector, 5.0, 6.0))
        assert vector.payloads.flatten().tolist() == [0, 1, 2]

    with ranks(3, follow) as team:
        vector = vector_of(team)
        team.go_on()
        assert team.exchange(vector, 1 / 3, 2.0) == [1 / 3, 2.0]
    assert said == [[1 / 3, 2.0]] * 2


def test_a_wish_of_the_leader_lets_all_rest_after_one_exchange() -> None:
    rested: list[list[bool]] = []

    def follow(team: FollowingTeam) -> None:
        vector = vector_of(team)
        found = []
        for _ in range(3):
            team.go_on()
            team.exchange(vector)
            found.append(team.is_resting)
        rested.append(found)

    with ranks(3, follow) as team:
        vector = vector_of(team)
        for wish in (False, True, False):
            team.go_on()
            team.wishes_rest = wish
            team.exchange(vector)
            assert team.is_resting is wish
    assert rested == [[False, True, False]] * 2


def test_a_wish_of_another_rank_reaches_the_leader_and_lets_all_rest() -> None:
    wishes: list[int] = []

    def follow(team: FollowingTeam) -> None:
        team.wishes_rest = team.rank == 2
        work(team, 0)
        assert team.hear()[0] is Word.GO
        team.wishes_rest = team.rank == 2
        team.exchange(vector_of(team))
        assert team.is_resting
        assert not team.wishes_rest, "it is wished once"

    with ranks(3, follow, lambda: wishes.append(1)) as team:
        team.say(Word.GO)
        assert len(wishes) == 1, "ranks at rest wish as well"
        team.exchange(vector_of(team))
        assert len(wishes) == 2
        assert team.is_resting


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
            team.go_on()

    with ranks(2, follow) as team:
        team.say(Word.WAIT)
        team.say(Word.END)


def test_a_rank_that_ends_is_missed() -> None:
    def leave(team: FollowingTeam) -> None:
        team._group.meeting.leave()  # type: ignore[attr-defined]

    with ranks(2, leave) as team, pytest.raises(RankLostError):
        team.say(Word.GO)
