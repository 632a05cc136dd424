"""Views of the Inside screen, and what is drawn of them without a terminal."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from rich.color import ColorSystem
from rich.style import Style

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.gradients import with_gradients
from emnist_tui.analysis.network.layers import layers_of
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.tui.theme import THEMES
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.canvas import Canvas
from emnist_tui.tui.widgets.network.inks import Inks, inks_of
from emnist_tui.tui.widgets.network.levels import LevelMemory
from emnist_tui.tui.widgets.network.subject import Subject
from emnist_tui.tui.widgets.network.view import Cursor, DigitLabel, InsideView
from tests.support.networks_in_numpy import baseline, strokes
from tests.support.widget_app import WidgetApp


def view_of(network: Network | None = None, cursor: Cursor | None = None, **parts: Any) -> InsideView:
    """Return a view of a digit in a network, the baseline by default, with its gradients."""
    passed = _pass(network or baseline())
    values = {name: value.copy() for name, value in passed.values.items()}  # tests write into them
    passed = replace(passed, values=values)
    network = passed.network
    view = InsideView(DigitLabel("#18"), passed, layers_of(network.graph, network.weights), cursor or Cursor())
    return replace(view, **{"answer": passed.predicted, "against": passed.runner_up, **parts})


@cache
def _pass(network: Network) -> Pass:
    return with_gradients(examine(network, strokes(1)[0], 2))


def themed_app(system: ColorSystem = ColorSystem.TRUECOLOR, theme: str = "emnist-dark") -> WidgetApp:
    """Return an app in one of the project's themes, without running it."""
    app = WidgetApp(color_system=system)
    for each in THEMES:
        app.register_theme(each)
    app.theme = theme
    app.get_css_variables()  # as a running app does for another theme
    return app


@cache
def inks(system: ColorSystem = ColorSystem.TRUECOLOR, theme: str = "emnist-dark", *, is_ascii: bool = False) -> Inks:
    """Return the colors of a terminal."""
    app = themed_app(system, theme)
    if is_ascii:
        app.is_ascii_only = True  # type: ignore[attr-defined]
    return inks_of(app)


def brush_of(view: InsideView, width: int = 80, height: int = 21, colors: Inks | None = None) -> Brush:
    """Return a brush on an empty canvas."""
    return Brush(Canvas(width, height), colors or inks(is_ascii=True), Subject(view, LevelMemory()))


def lines_of(brush: Brush) -> list[str]:
    """Return the text that was drawn, a line per row."""
    return [strip.text.rstrip() for strip in brush.canvas.strips(Style())]


def text_of(brush: Brush) -> str:
    return "\n".join(lines_of(brush))


def is_drawn_over(brush: Brush) -> bool:
    """Return whether any two texts were put on the same cells, or one beyond the edge."""
    taken = np.zeros((brush.canvas.height, brush.canvas.width), bool)
    for y, row in enumerate(brush.canvas.rows):
        for x, _, width in row:
            if taken[y, x : x + width].any():
                return True
            taken[y, x : x + width] = True
    return False
