import pytest

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.torchrun import Place, find_place, without_place

VARIABLES = {"RANK": "2", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}


def test_a_rank_finds_its_place() -> None:
    assert find_place(VARIABLES) == Place(rank=2, size=4, local_rank=1)


@pytest.mark.parametrize("absent", ["RANK", "WORLD_SIZE", "MASTER_ADDR"])
def test_a_process_alone_has_no_place(absent: str) -> None:
    assert find_place({name: value for name, value in VARIABLES.items() if name != absent}) is None


def test_other_launchers_need_not_name_the_local_rank() -> None:
    assert find_place({name: value for name, value in VARIABLES.items() if name != "LOCAL_RANK"}) == Place(2, 4, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RANK", "4"),
        ("RANK", "-1"),
        ("RANK", ""),
        ("RANK", "²"),
        ("WORLD_SIZE", "0"),
        ("WORLD_SIZE", "9" * 5000),
        ("LOCAL_RANK", "3"),
        ("MASTER_PORT", "65536"),
        ("MASTER_PORT", "x"),
    ],
)
def test_contradictions_are_refused_in_a_sentence(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=rf"^{name} is .*not a number from .*; start the ranks by torchrun, or unset"):
        find_place({**VARIABLES, name: value})


def test_a_process_that_is_to_train_alone_is_told_no_place() -> None:
    assert find_place(without_place({**VARIABLES, "HOME": "/"})) is None
    assert without_place({"HOME": "/"}) == {"HOME": "/"}


def test_a_missing_port_is_refused() -> None:
    with pytest.raises(UsageError, match=r"MASTER_PORT is ''"):
        find_place({name: value for name, value in VARIABLES.items() if name != "MASTER_PORT"})
