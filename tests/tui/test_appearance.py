"""Settings applied to the app."""

from pathlib import Path

import pytest
from textual.app import App

from emnist_tui.tui.appearance import apply_settings, is_ascii_only
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.settings import Settings


@pytest.mark.parametrize(
    ("characters", "term", "expected"),
    [
        ("ascii", "xterm", True),
        ("unicode", "linux", False),
        ("auto", "linux", True),
        ("auto", "xterm", False),
    ],
)
def test_the_setting_of_characters_overrides_the_terminal(
    monkeypatch: pytest.MonkeyPatch, characters: str, term: str, expected: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert is_ascii_only(Settings(characters=characters)) is expected


class Bound(App[None]):
    BINDINGS = [bind("new", "bell", "New")]  # noqa: RUF012 - as Textual declares it


@pytest.mark.parametrize(("palette", "has_class"), [("blue-orange", False), ("green-red", True)])
def test_theme_and_palette_are_set_before_the_app_runs(tmp_path: Path, palette: str, has_class: bool) -> None:
    app = Bound()
    apply_settings(app, Settings(theme="emnist-light", palette=palette))
    assert app.theme == "emnist-light"
    assert app.has_class("-green-red") is has_class
    assert "emnist-contrast" in app.available_themes


async def test_changed_keys_take_effect() -> None:
    app = Bound()
    apply_settings(app, Settings(keys={"new": "k"}))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "k" in app.screen.active_bindings
        assert "n" not in app.screen.active_bindings
