"""`emnist-tui help`: the list of pages, pages on a terminal and elsewhere, unknown topics."""

import os
import re
import sys
from pathlib import Path

import pytest

from emnist_tui.commands import help as help_pages
from tests.support.call import Call, check_refused

PAGE = "# Owls\n\nThey *hunt* at night: `mice`.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a package folder with two pages."""
    pages = tmp_path / "package" / "help"
    pages.mkdir(parents=True)
    (pages / "owls.md").write_text(PAGE)
    (pages / "bats.md").write_text("# Bats and caves\n\nThey hang.\n")
    (pages / "notes.txt").write_text("no page")
    monkeypatch.setattr(help_pages, "files", lambda package: tmp_path / "package")
    return pages


def test_topics_are_listed_with_their_headings(call: Call, folder: Path) -> None:
    result = call("help")
    assert (result.code, result.err) == (0, "")
    assert result.out == "bats  Bats and caves\nowls  Owls\n"


def test_page_is_plain_markdown_without_a_terminal(call: Call, folder: Path) -> None:
    result = call("help", "owls")
    assert (result.code, result.out, result.err) == (0, PAGE, "")


def test_page_is_formatted_on_a_terminal(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    help_pages._print_page(PAGE)
    shown = capsys.readouterr().out
    assert "Owls" in shown
    assert "\x1b[" in shown
    assert "*hunt*" not in shown


def test_page_is_not_cut_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    page = f"| name |\n|---|\n| {'x' * 50} |\n"
    help_pages._print_page(page)
    assert capsys.readouterr().out == page


def test_unknown_topic_names_the_topics(call: Call, folder: Path) -> None:
    check_refused(call("help", "cats"), 2, "no topic 'cats'", "bats, owls")


def test_command_without_a_page_points_to_its_help(call: Call, folder: Path) -> None:
    check_refused(call("help", "train"), 2, "emnist-tui train --help")
    (folder / "train.md").write_text("# Training\n")
    assert call("help", "train").out == "# Training\n"


def test_missing_folder_lists_nothing(call: Call, folder: Path) -> None:
    for page in folder.iterdir():
        page.unlink()
    folder.rmdir()
    assert (call("help").code, call("help").out) == (0, "")
    check_refused(call("help", "owls"), 2, "no topic 'owls'")


def test_package_has_the_pages(call: Call) -> None:
    assert {"benchmarks", "design", "file-formats", "recipe"} <= set(help_pages.topics())
    for topic in help_pages.topics():
        assert call("help", topic).out.startswith("# ")


@pytest.mark.parametrize(("columns", "most"), [("0", 80), ("abc", 80), ("-4", 80), ("100", 100), ("99999999", 120)])
def test_page_has_a_sensible_width_for_any_columns(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch, columns: str, most: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((80, 24)))
    help_pages._print_page(PAGE)
    lines = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= most
    assert "*hunt*" not in "".join(lines)
