"""Themes of the project: one accent color, and colors for state only."""

from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="emnist-dark",
    dark=True,
    primary="#4fb3c4",
    secondary="#4a86d8",
    accent="#4fb3c4",
    success="#6cc070",
    warning="#e5a84b",
    error="#e0646f",
    foreground="#d6dae1",
    background="#101216",
    surface="#161920",
    panel="#1c2029",
)

LIGHT = Theme(
    name="emnist-light",
    dark=False,
    primary="#0f6f80",
    secondary="#1f5fb0",
    accent="#0f6f80",
    success="#2f7d32",
    warning="#a85f00",
    error="#b3261e",
    foreground="#20242b",
    background="#f7f7f5",
    surface="#efefec",
    panel="#e4e4e0",
    variables={"foreground-muted": "#62656a"},  # Textual's own has a contrast of 4.1
)

CONTRAST = Theme(
    name="emnist-contrast",
    dark=True,
    primary="#00e5ff",
    secondary="#5c9dff",
    accent="#00e5ff",
    success="#5cff5c",
    warning="#ffb000",
    error="#ff6b6b",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    variables={"text-muted": "#e6e6e6", "foreground-muted": "#e6e6e6"},
)

THEMES = (DARK, LIGHT, CONTRAST)


def accent(app: App[Any], *, bold: bool = False) -> Style:
    """Return the accent color as a Rich style."""
    return colored(app, "accent", bold=bold)


def colored(app: App[Any], name: str, *, bold: bool = False) -> Style:
    """Return a theme's color, such as `warning`, as a Rich style.

    Rich lacks Textual's names of terminal colors.
    """
    return Style(color=Color.parse(app.theme_variables[name]).rich_color, bold=bold or None)
