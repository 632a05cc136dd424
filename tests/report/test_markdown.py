"""Markdown of the reports' pages."""

from emnist_tui.report.markdown import plain, table


def test_a_table_aligns_numbers_right() -> None:
    assert table(["a", "b", "c"], [("1", "2", "3")]) == "| a | b | c |\n| --- | ---: | ---: |\n| 1 | 2 | 3 |"
    assert table(["", ""], [("1", "2")]) == "|  |  |\n| --- | --- |\n| 1 | 2 |"


def test_foreign_text_is_neither_markup_nor_control_characters() -> None:
    assert plain("a|b*\x1b") == r"a\|b\*\\x1b" or plain("a|b*\x1b").startswith(r"a\|b\*")
    assert "\x1b" not in plain("\x1b[31m")
