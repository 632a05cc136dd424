"""`emnist-tui settings`: data on stdout, words on stderr."""

import tomllib
from pathlib import Path

import pytest

from tests.support.call import Call


def test_it_prints_a_whole_file_and_says_where_it_belongs(
    call: Call, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", str(place / "mine.toml"))
    result = call("settings")
    assert result.code == 0
    assert result.err == f"emnist-tui: kept in {place}/mine.toml\n"
    (place / "mine.toml").write_text(result.out)
    assert call("settings") == result
    assert tomllib.loads(result.out)["theme"] == "emnist-dark"


def test_what_is_ignored_is_named(call: Call, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", str(place / "\x1b[2Jmine.toml"))
    (place / "\x1b[2Jmine.toml").write_text('refresh = 4\npalette = "pink"\n')
    result = call("settings")
    assert result.code == 0
    assert "The setting palette must be blue-orange or green-red, not 'pink'." in result.err
    assert "\x1b" not in result.err
    assert tomllib.loads(result.out)["refresh"] == 4
    assert tomllib.loads(result.out)["palette"] == "blue-orange"
