"""Bytes that a live screen of 120×40 sends a frame."""

from dataclasses import replace
from statistics import mean

import numpy as np
import pytest
from rich.style import Style

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.gradients import with_gradients
from emnist_tui.analysis.network.network import Network
from emnist_tui.tui.terminal.diff_renderer import ScreenBuffer
from emnist_tui.tui.widgets.network.body import draw_view
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.canvas import Canvas
from emnist_tui.tui.widgets.network.levels import LevelMemory
from emnist_tui.tui.widgets.network.subject import Subject
from emnist_tui.tui.widgets.network.view import InsideView
from tests.support.inside_views import inks, view_of
from tests.support.networks_in_numpy import baseline

FRAMES = 30
STEP = 0.01  # spread of the change of a weight between two frames


def frames() -> list[InsideView]:
    """Return views whose weights drift, as they do while a network trains."""
    view, random = view_of(), np.random.default_rng(0)
    weights = dict(baseline().weights)
    views = []
    for _ in range(FRAMES):
        weights = {
            key: (each + STEP * random.standard_normal(each.shape)).astype(np.float32) for key, each in weights.items()
        }
        passed = with_gradients(examine(Network(view.passed.network.graph, weights), view.passed.image, 2))
        views.append(replace(view, passed=passed))
    return views


def cells_changed(views: list[InsideView], *, remembers: bool) -> list[int]:
    """Count the cells that each frame writes."""
    buffer, memory, colors, counts = ScreenBuffer(), LevelMemory(), inks(), []
    for view in views:
        memory = memory if remembers else LevelMemory()
        canvas = Canvas(120, 35)
        draw_view(Brush(canvas, colors, Subject(view, memory)))
        strips = enumerate(canvas.strips(Style()))
        counts.append(sum(len(run.text) for y, strip in strips for run in buffer.replace(y, 0, strip)))
    return counts[1:]


@pytest.fixture(scope="module")
def views() -> list[InsideView]:
    return frames()


def test_held_levels_save_most_of_the_traffic(views: list[InsideView]) -> None:
    held, naive = cells_changed(views, remembers=True), cells_changed(views, remembers=False)
    assert mean(held) < 0.6 * mean(naive)
    assert mean(held) < 400


def test_weights_that_stand_still_send_nothing(views: list[InsideView]) -> None:
    assert sum(cells_changed([views[0]] * 3, remembers=True)) == 0
