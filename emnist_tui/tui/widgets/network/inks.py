"""Colors of maps and figures in each kind of terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color, Gradient

from emnist_tui.tui.widgets.matrix.matrix_colors import legible_on
from emnist_tui.tui.widgets.network.levels import POSITIVE, SIGNED


class Depth(Enum):
    """Colors that a terminal can show."""

    TRUE = auto()
    CUBE = auto()
    """The 256 colors of xterm's palette."""
    NAMED = auto()
    """The 16 colors that have names."""
    NONE = auto()
    """Characters only."""


_Shades = tuple[tuple[Color, ...], tuple[Color, ...], tuple[Color, ...], tuple[Color, ...]]

_BLACK, _WHITE = Color(0, 0, 0), Color(255, 255, 255)
_MAGENTA = Color.parse("#aa00aa")
_MARKED = 0.42  # share of the mark's color over the cells that a sum reads
_PINK = {True: "#ff5fa2", False: "#d1006c"}

_CUBE = {
    ("ink", True): "#121212 #303030 #4e4e4e #6c6c6c #8a8a8a #a8a8a8 #d0d0d0 #ffffff",
    ("ink", False): "#ffffff #d0d0d0 #a8a8a8 #8a8a8a #6c6c6c #4e4e4e #303030 #121212",
    ("ramp", True): "#1c1c1c #005f5f #008787 #00afaf #5fafaf #5fd7d7 #afd7d7 #ffffff",
    ("ramp", False): "#eeeeee #afd7d7 #87d7d7 #5fafaf #00afaf #008787 #005f5f #00005f",
    ("blue", True): "#005f87 #005faf #0087ff #5fafff",
    ("blue", False): "#afd7ff #5fafff #0087d7 #005faf",
    ("orange", True): "#5f5f00 #875f00 #af8700 #ffaf00",
    ("orange", False): "#ffd7af #ffaf5f #d78700 #875f00",
    ("green", True): "#005f00 #008700 #00af00 #5fd75f",
    ("green", False): "#afd7af #5faf5f #008700 #005f00",
    ("red", True): "#5f0000 #870000 #d70000 #ff5f5f",
    ("red", False): "#ffafaf #ff8787 #d75f5f #af0000",
}
_NAMED = {
    ("ink", True): "#000000 #000000 #555555 #555555 #aaaaaa #aaaaaa #ffffff #ffffff",
    ("ink", False): "#ffffff #ffffff #aaaaaa #aaaaaa #555555 #555555 #000000 #000000",
    ("ramp", True): "#000000 #555555 #00aaaa #00aaaa #55ffff #55ffff #ffffff #ffffff",
    ("ramp", False): "#ffffff #aaaaaa #55ffff #55ffff #00aaaa #00aaaa #0000aa #000000",
    ("blue", True): "#0000aa #0000aa #5555ff #5555ff",
    ("blue", False): "#5555ff #5555ff #0000aa #0000aa",
    ("orange", True): "#aa5500 #aa5500 #ffff55 #ffff55",
    ("orange", False): "#ffff55 #ffff55 #aa5500 #aa5500",
    ("green", True): "#00aa00 #00aa00 #55ff55 #55ff55",
    ("green", False): "#55ff55 #55ff55 #00aa00 #00aa00",
    ("red", True): "#aa0000 #aa0000 #ff5555 #ff5555",
    ("red", False): "#ff5555 #ff5555 #aa0000 #aa0000",
}
_ROLES = {
    "text": ("foreground", False), "strong": ("foreground", True), "quiet": ("foreground-muted", False),
    "title": ("accent", True), "accent": ("accent", False), "true": ("secondary", True), "predicted": ("warning", True),
    "positive": ("secondary", False), "negative": ("warning", False),
    "bad": ("error", True), "frame": ("foreground-muted", False),
}  # fmt: skip


@dataclass(frozen=True)
class Inks:
    """Colors and styles of everything that is drawn."""

    depth: Depth
    ink: tuple[Color, ...]
    """From paper to ink."""
    ramp: tuple[Color, ...]
    """From zero to the largest value."""
    negative: tuple[Color, ...]
    positive: tuple[Color, ...]
    """Away from zero."""
    mark: Color
    """The cell at the cursor."""
    page: Color
    styles: Mapping[str, Style]
    is_ascii: bool = False

    @property
    def has_tints(self) -> bool:
        """Whether numbers can be shown as colors."""
        return self.depth is not Depth.NONE

    @property
    def signed(self) -> tuple[Color, ...]:
        """From the most negative over zero to the most positive."""
        return (*reversed(self.negative), self.ramp[0], *self.positive)

    def in_field(self, color: Color) -> Color:
        """Return the color of a cell that a sum reads."""
        if self.depth is Depth.NAMED:
            return _MAGENTA if color.brightness < 0.5 else self.mark
        return color.blend(self.mark, _MARKED, 1.0)

    def __getitem__(self, role: str) -> Style:
        return self.styles[role]

    def sign(self, value: float) -> Style:
        """Return the style of a signed figure."""
        return self.styles["positive" if value > 0 else "negative" if value < 0 else "quiet"]


def inks_of(app: App[Any]) -> Inks:
    """Choose colors for the app's terminal, theme and palette."""
    depth = _depth(app)
    dark = app.current_theme.dark
    variables = app.theme_variables
    page = Color.parse(variables["background"])
    colors = {name: _opaque(variables[name], page) for name in {name for name, _ in _ROLES.values()}}
    under = page.rich_color
    styles = {
        role: Style(color=colors[name].rich_color, bgcolor=under, bold=bold or None)
        for role, (name, bold) in _ROLES.items()
    }
    good, bad = ("green", "red") if app.has_class("-green-red") else ("blue", "orange")
    if (good, bad) == ("green", "red"):
        for name, roles in (("success", ("positive", "true")), ("error", ("negative", "predicted"))):
            color = _opaque(variables[name], page).rich_color
            styles |= {role: Style(color=color, bgcolor=under, bold=styles[role].bold) for role in roles}
    accent = colors["accent"]
    styles["chosen"] = Style(color=legible_on(accent).rich_color, bgcolor=accent.rich_color, bold=True)
    mark = Color.parse("#ff55ff" if depth is Depth.NAMED else _PINK[dark])
    styles["mark"] = Style(color=mark.rich_color, bgcolor=under, bold=True)
    if depth is Depth.NAMED:
        named = {role: Color.parse(_NAMED[name, dark].split()[-1]).rich_color for role, name in
                 {"positive": good, "negative": bad, "true": good, "predicted": bad}.items()}  # fmt: skip
        styles |= {role: Style(color=color, bgcolor=under, bold=styles[role].bold) for role, color in named.items()}
    if depth is Depth.NONE:
        styles["chosen"] = Style(reverse=True, bold=True)
        styles["mark"] = Style(reverse=True)
    ink, ramp, negative, positive = (
        _true_shades(app, good, bad) if depth is Depth.TRUE else _fixed_shades(depth, dark, good, bad)
    )
    return Inks(depth, ink, ramp, negative, positive, mark, page, styles, bool(getattr(app, "is_ascii_only", False)))


@lru_cache(4096)
def pair_style(half: Color, rest: Color) -> Style:
    """Return the style of a half block."""
    return Style.from_color(half.rich_color, rest.rich_color)


@lru_cache(1024)
def tint_style(color: Color) -> Style:
    """Return the style of blanks and figures on a color."""
    return Style.from_color(legible_on(color).rich_color, color.rich_color)


def _depth(app: App[Any]) -> Depth:
    if app.no_color or app.console.color_system is None or getattr(app, "is_ascii_only", False):
        return Depth.NONE
    if app.native_ansi_color:
        return Depth.NAMED
    return {"truecolor": Depth.TRUE, "256": Depth.CUBE}.get(app.console.color_system, Depth.NAMED)


def _true_shades(app: App[Any], good: str, bad: str) -> _Shades:
    variables, dark = app.theme_variables, app.current_theme.dark
    page, end = Color.parse(variables["background"]), _WHITE if dark else _BLACK
    zero = page.blend(Color.parse(variables["foreground"]), 0.05 if dark else 0.06, 1.0)
    accent = Color.parse(variables["primary"])
    names = {"blue": "secondary", "orange": "warning", "green": "success", "red": "error"}
    sides = []
    for name in (bad, good):
        color = Color.parse(variables[names[name]])
        strongest = color.blend(end, 0.18, 1.0)
        sides.append(tuple(zero.blend(strongest, share, 1.0) for share in (0.28, 0.52, 0.76, 1.0)))
    middle = accent if dark else accent.blend(_WHITE, 0.2, 1.0)
    ramp = _spread([(0.0, zero), (0.55, middle), (1.0, middle.blend(end, 0.88 if dark else 0.7, 1.0))], POSITIVE)
    paper = page.blend(_BLACK, 0.5, 1.0) if dark else _WHITE
    ink = _spread([(0.0, paper), (1.0, end)], POSITIVE)
    return ink, ramp, sides[0], sides[1]


def _spread(stops: Sequence[tuple[float, Color]], count: int) -> tuple[Color, ...]:
    gradient = Gradient(*stops)
    return tuple(gradient.get_color(place / (count - 1)) for place in range(count))


def _fixed_shades(depth: Depth, dark: bool, good: str, bad: str) -> _Shades:
    table = _CUBE if depth is Depth.CUBE else _NAMED
    ink, ramp, negative, positive = (
        tuple(Color.parse(color) for color in table[name, dark].split()) for name in ("ink", "ramp", bad, good)
    )
    assert len(ink) == len(ramp) == POSITIVE
    assert len(negative) == len(positive) == SIGNED
    return ink, ramp, negative, positive


def _opaque(color: str, page: Color) -> Color:
    """Parse a color, laid over the page where it is transparent.

    One of the terminal's own, such as `ansi_default 50%`, cannot be mixed with another.
    """
    parsed = Color.parse(color.partition(" ")[0] if color.startswith("ansi_") else color)
    if parsed.ansi is not None:
        return parsed
    return page.blend(parsed.with_alpha(1.0), parsed.a, 1.0)
