"""What the settings say of the app as a whole: its theme, palette, characters and keys."""

import os
from typing import Any

from textual.app import App

from emnist_tui.tui import characters, keys
from emnist_tui.tui.settings import Settings
from emnist_tui.tui.theme import DARK, THEMES


def put_on(app: App[Any], settings: Settings) -> list[str]:
    """A sentence about each setting that cannot be. Called before anything is styled.

    A theme that is set later has every rule parsed again.
    """
    for theme in THEMES:
        app.register_theme(theme)
    is_known = settings.theme in app.available_themes
    app.set_reactive(App.theme, settings.theme if is_known else DARK.name)
    app.stylesheet.set_variables(app.get_css_variables())
    app.set_class(settings.palette == "green-red", "-green-red")
    if is_ascii_only(settings):
        app._filters.append(characters.AsciiOnly())
    keys.choose(settings.keys)
    app.set_keymap(dict(settings.keys))
    return [] if is_known else [f"There is no theme {settings.theme}: choose one by ctrl+p, Theme."]


def is_ascii_only(settings: Settings) -> bool:
    if settings.characters == "auto":
        return characters.is_ascii_only(os.environ)
    return settings.characters == "ascii"
