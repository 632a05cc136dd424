"""`emnist-tui settings`: the file on stdout, its path and problems on stderr."""

import tomllib
from pathlib import Path

import pytest

from tests.support.call import Call


def test_output_is_a_complete_settings_file(call: Call, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", str(place / "mine.toml"))
    result = call("settings")
    assert result.code == 0
    assert result.err == f"emnist-tui: stored in {place}/mine.toml\n"
    (place / "mine.toml").write_text(result.out)
    assert call("settings") == result
    assert tomllib.loads(result.out)["theme"] == "emnist-dark"


def test_invalid_settings_are_reported(call: Call, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMNIST_TUI_SETTINGS", str(place / "\x1b[2Jmine.toml"))
    (place / "\x1b[2Jmine.toml").write_text('refresh = 4\npalette = "pink"\n')
    result = call("settings")
    assert result.code == 0
    assert "The setting palette must be blue-orange or green-red, not 'pink'." in result.err
    assert "\x1b" not in result.err
    assert tomllib.loads(result.out)["refresh"] == 4
    assert tomllib.loads(result.out)["palette"] == "blue-orange"
