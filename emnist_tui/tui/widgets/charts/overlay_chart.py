"""Chart of several runs' curves of one metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from rich.color import Color as RichColor
from rich.style import Style
from textual.app import App
from textual.color import Color

from emnist_tui.tui.widgets.charts.axes import Axis, hold_log, positive_range, settled
from emnist_tui.tui.widgets.charts.step_chart import StepChart
from emnist_tui.tui.widgets.charts.steps import hold_steps

if TYPE_CHECKING:
    from emnist_tui.runs.history import Floats
    from emnist_tui.tui.widgets.charts.plot import Row

MOST_CURVES = 6
_SEED, _BAND = 0.6, 0.2  # shares of a curve's color in that of its seeds and band; the rest is background

# After M. Okabe and K. Ito, Color Universal Design: distinct for color-blind eyes, legible on the background.
_ON_DARK = ("#56b4e9", "#e69f00", "#00b383", "#f0e442", "#cc79a7", "#e8702a")
_ON_LIGHT = ("#0072b2", "#be4e00", "#007d5b", "#a8457e", "#5000b4", "#000000")
# The nearest of the 16 ANSI colors.
_OF_SIXTEEN = ("#55ffff", "#aa5500", "#00aa00", "#ffff55", "#ff55ff", "#ff5555")
_OF_SIXTEEN_ON_LIGHT = ("#0000aa", "#aa0000", "#00aa00", "#aa00aa", "#aa5500", "#000000")


def curve_style(app: App[Any], position: int) -> Style:
    """Return a curve's style for the chart and the legend."""
    if app.current_theme.dark:
        colors = _ON_DARK if is_rich(app) else _OF_SIXTEEN
    else:
        colors = _ON_LIGHT if is_rich(app) else _OF_SIXTEEN_ON_LIGHT
    return Style.parse(f"bold {colors[position]}")


def is_rich(app: App[Any]) -> bool:
    """Return whether the terminal has more than 16 colors."""
    return app.console.color_system in ("truecolor", "256") and not app.native_ansi_color


def seed_style(app: App[Any], position: int) -> Style:
    """Return the style of seeds and dotted bands behind a curve."""
    color = curve_style(app, position).color
    if color is None or not is_rich(app):
        return Style(color=color, dim=True)
    return Style(color=_faint(app, color, _SEED))


def band_style(app: App[Any], position: int) -> Style:
    """Return the style of the background of a curve's band."""
    color = curve_style(app, position).color
    return Style(bgcolor=_faint(app, color, _BAND)) if color and is_rich(app) else Style()


def _faint(app: App[Any], color: RichColor, share: float) -> RichColor:
    background = Color.parse(app.theme_variables["background"])
    return background.blend(Color.from_rich_color(color), share).rich_color


@dataclass(frozen=True, eq=False)
class Curve:
    """Moving mean of a run's metric, or mean of several seeds'."""

    x: Floats
    """float64 [points]: steps, increasing."""
    y: Floats
    """float64 [points]: the metric."""
    changes: tuple[float, ...] = ()
    """Steps after which the learning rate was changed."""
    band: tuple[Floats, Floats, Floats] | None = None
    """Steps, lower and upper end of the band around a mean, each float64 [points] and finite."""
    members: tuple[tuple[Floats, Floats], ...] = ()
    """Steps and values of the curves that it is the mean of, finite."""

    @classmethod
    def empty(cls) -> Curve:
        """Return a curve without points."""
        import numpy as np  # here, since it would delay the first frame

        return cls(np.empty(0), np.empty(0))

    def finite_copy(self) -> Curve:
        """Copy the finite points."""
        from emnist_tui.tui.widgets.charts.chart_data import finite_points

        x, y = finite_points(self.x, self.y)
        return replace(self, x=x, y=y)


class OverlayChart(StepChart):
    """Chart of up to `MOST_CURVES` numbered curves in different colors."""

    DEFAULT_CSS = """
    OverlayChart {
        & > .overlay--axis { color: $foreground-muted; }
        & > .overlay--hint { color: $foreground-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"overlay--axis", "overlay--hint"}

    def __init__(self, title: str, axis: Axis, hint: str = "", *, id: str | None = None) -> None:
        """Create an empty chart; `hint` is shown while it has no data."""
        super().__init__(title, axis, hint, id=id)
        self._curves: list[Curve] = []
        self._hidden: frozenset[int] = frozenset()
        self._total_steps = 0
        self._last: float | None = None
        """Newest step of the frame before."""

    def show(self, curves: Sequence[Curve], total_steps: int) -> None:
        """Draw curves; `total_steps` is the longest run's, 0 while unknown."""
        self._curves = [curve.finite_copy() for curve in curves]
        self._total_steps = total_steps
        self.scale()
        self.redraw()

    def hide(self, positions: frozenset[int], hint: str) -> None:
        """Hide the curves at these positions; the axes suit the others.

        `hint` is shown if no other curve has points.
        """
        if positions != self._hidden:
            self._hint = hint if any(len(curve.x) for curve in self._curves) else self._hint
            self._hidden = positions
            self._steps = self._values = self._last = None
            self.scale()
            self.redraw()

    def scale(self) -> None:
        shown = [curve for curve in self._visible if curve and len(curve.x)]
        if not shown:
            self._steps = self._values = self._last = None
            return
        last = max(0.0, *(float(curve.x[-1]) for curve in shown))
        self._steps = hold_steps(self._view.window, last, self._total_steps, self._steps, self._last)
        self._last = last
        lines = [(curve.x, curve.y) for curve in shown]
        lines += [(curve.band[0], end) for curve in shown if curve.band for end in curve.band[1:]]
        values = [some for x, y in lines if len(some := y[x.searchsorted(self._steps[0]) :])]
        if self._view.is_log:
            self._values = hold_log(self._values, *positive_range(values))
        else:
            worst = max(self._axis.distance(settled(some)) for some in values)
            now = max(self._axis.distance(some[-1:]) for some in values)
            self._values = self._axis.hold(self._values, now, worst)

    def plotted(self, width: int, height: int) -> list[Row] | None:
        from emnist_tui.tui.widgets.charts.curves import draw_curves

        canvas = self.lay_out(width, height)
        return None if canvas is None else draw_curves(self._visible, canvas, tints=is_rich(self.app))

    @property
    def has_data(self) -> bool:
        return self._steps is not None

    def ink_styles(self) -> dict[int, Style]:
        from emnist_tui.tui.widgets.charts.curves import BAND, CURVE, MEMBER
        from emnist_tui.tui.widgets.charts.plot import GROUND, Ink

        base = self.rich_style
        styles = {CURVE + place: base + curve_style(self.app, place) for place in range(len(self._curves))}
        for place in range(len(self._curves)):
            styles[MEMBER + place] = styles[BAND + place] = base + seed_style(self.app, place)
        styles |= {int(Ink.NONE): base, int(Ink.AXIS): base + self.get_component_rich_style("overlay--axis")}
        grounds = {place: band_style(self.app, place) for place, curve in enumerate(self._curves) if curve.band}
        tinted = {
            ink + GROUND * (place + 1): style + ground
            for place, ground in grounds.items()
            for ink, style in styles.items()
        }
        return styles | tinted

    @property
    def hint_style(self) -> Style:
        return self.get_component_rich_style("overlay--hint")

    @property
    def _visible(self) -> list[Curve | None]:
        return [None if place in self._hidden else curve for place, curve in enumerate(self._curves)]
