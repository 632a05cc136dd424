from emnist_tui.learning.checkpoint.refusals import damaged, foreign_class, listed
from emnist_tui.runs.errors import ExitCode


def test_lists_are_short_and_on_one_line() -> None:
    assert listed(["a", "b\nc"]) == "a, b c"
    assert listed(map(str, range(20))) == "0, 1, 2, 3, 4, 5, 6, 7, …"
    assert len(listed(["x" * 10_000] * 20)) < 600
    assert listed([]) == ""


def test_a_refusal_fails_and_says_what_to_do() -> None:
    for error in (
        damaged("a.pt", "cut short"),
        foreign_class("a.pt", "mine.Net"),
        foreign_class("a.pt", "torch.QInt8"),
    ):
        assert error.exit_code is ExitCode.FAILED
        assert str(error).startswith("a.pt ")
        assert "; " in str(error)
