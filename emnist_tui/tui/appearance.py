"""Application of the settings to the app's theme, palette, characters and keys."""

import os
from typing import Any

from textual.app import App

from emnist_tui.tui.settings import Settings
from emnist_tui.tui.terminal import ascii_filter
from emnist_tui.tui.theme import THEMES


def apply_settings(app: App[Any], settings: Settings) -> None:
    """Apply theme, palette and keys before anything is styled.

    Setting the theme later would parse every style rule again.
    """
    for theme in THEMES:
        app.register_theme(theme)
    app.set_reactive(App.theme, settings.theme)
    app.stylesheet.set_variables(app.get_css_variables())
    app.set_class(settings.palette == "green-red", "-green-red")
    app.set_keymap(dict(settings.keys))


def is_ascii_only(settings: Settings) -> bool:
    """Return whether the settings, or with `auto` the terminal, require ASCII."""
    if settings.characters == "auto":
        return ascii_filter.is_ascii_only(os.environ)
    return settings.characters == "ascii"
