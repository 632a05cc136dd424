"""Colors of the matrix cells in each kind of terminal."""

from typing import Any

from textual.app import App
from textual.color import Color

Shades = tuple[str | None, ...]

# From faint to strong; None is no background.
_OF_16: dict[str, Shades] = {
    "blue": (None, "#0000aa", "#5555ff"),
    "orange": (None, "#ffff55"),  # some terminals show brown as yellow, and no text color is legible on both
    "green": (None, "#00aa00", "#55ff55"),
    "red": (None, "#aa0000", "#ff5555"),
}
_OF_256: dict[str, Shades] = {
    "blue": (None, "#00005f", "#005f87", "#005faf", "#0087d7"),
    "orange": (None, "#875f00", "#af5f00", "#d78700"),
    "green": (None, "#005f00", "#005f5f", "#008700", "#00af00"),
    "red": (None, "#5f0000", "#870000", "#af0000", "#d75f5f"),
}
"""Colors of the 256-color palette's 6×6×6 cube: channels of 00, 5f, 87, af, d7 or ff."""


def palette(app: App[Any]) -> tuple[str, str]:
    """Return the color names for good and for bad."""
    return ("green", "red") if app.has_class("-green-red") else ("blue", "orange")


def has_truecolor(app: App[Any]) -> bool:
    """Check whether the terminal can show any mixture of colors."""
    return app.console.color_system == "truecolor" and not app.native_ansi_color


def fixed_shade(app: App[Any], *, is_good: bool, strength: float) -> Color | None:
    """Return the palette's background for a strength from 0 to 1.

    Return None for the faintest strengths, which have no background.
    """
    good, bad = palette(app)
    shades = (_OF_256 if app.console.color_system == "256" else _OF_16)[good if is_good else bad]
    shade = shades[min(int(strength * len(shades)), len(shades) - 1)]
    return None if shade is None else Color.parse(shade)


def legible_on(background: Color) -> Color:
    """Return black or white, whichever contrasts more (WCAG relative luminance)."""
    linear = [((channel + 0.055) / 1.055) ** 2.4 for channel in background.normalized]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return Color(0, 0, 0) if luminance > 0.18 else Color(255, 255, 255)
