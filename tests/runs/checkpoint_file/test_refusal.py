"""The refusal of unusual checkpoints."""

from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError


def test_a_refusal_says_why() -> None:
    assert str(UnusualFileError("a member is damaged")) == "a member is damaged"
