"""The colors behind a matrix's numbers where the terminal cannot mix them."""

from typing import Any

from textual.app import App
from textual.color import Color

Shades = tuple[str | None, ...]

# From faint to strong; None is no background. What is right needs few: a class is read right nearly always.
_OF_16: dict[str, Shades] = {
    "blue": (None, "#0000aa", "#5555ff"),
    "orange": (None, "#ffff55"),  # brown is yellow in some terminals: no text is legible on both
    "green": (None, "#00aa00", "#55ff55"),
    "red": (None, "#aa0000", "#ff5555"),
}
_OF_256: dict[str, Shades] = {
    "blue": (None, "#00005f", "#005f87", "#005faf", "#0087d7"),
    "orange": (None, "#875f00", "#af5f00", "#d78700"),
    "green": (None, "#005f00", "#005f5f", "#008700", "#00af00"),
    "red": (None, "#5f0000", "#870000", "#af0000", "#d75f5f"),
}
"""All of them are among the 256: a 6×6×6 cube of 00, 5f, 87, af, d7 and ff."""


def palette(app: App[Any]) -> tuple[str, str]:
    """What is good and what is bad."""
    return ("green", "red") if app.has_class("-green-red") else ("blue", "orange")


def has_truecolor(app: App[Any]) -> bool:
    return app.console.color_system == "truecolor" and not app.native_ansi_color


def fixed_shade(app: App[Any], *, is_good: bool, strength: float) -> Color | None:
    """The background for a strength from 0 to 1, in the palette that the app has; None for none."""
    good, bad = palette(app)
    shades = (_OF_256 if app.console.color_system == "256" else _OF_16)[good if is_good else bad]
    shade = shades[min(int(strength * len(shades)), len(shades) - 1)]
    return None if shade is None else Color.parse(shade)
