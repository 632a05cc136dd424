"""Mean curve of several seeds, with its band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emnist_tui.runs.history import Floats
from emnist_tui.tui.widgets.charts.chart_data import finite_points
from emnist_tui.tui.widgets.charts.overlay_chart import Curve

_POINTS = 1_200


def seed_curve(members: Sequence[tuple[Floats, Floats]], total_steps: int) -> Curve:
    """Return the mean of several curves, with its band and the curves.

    Each is a pair of steps, increasing, and values, float64 [points]. The mean at a step is that of the curves that
    have come so far; the band, a standard deviation on each side, needs two of them. The steps are those of a run of
    `total_steps`, so that a curve that grows keeps its points.
    """
    finite = [points for x, y in members if len((points := finite_points(x, y))[0])]
    if not finite:
        return Curve.empty()
    last = max(float(x[-1]) for x, _ in finite)
    length = max(total_steps, last)
    steps = np.linspace(0.0, length, int(min(_POINTS, length)) + 1)
    steps = steps[(steps >= min(float(x[0]) for x, _ in finite)) & (steps <= last)]
    if not len(steps):
        steps = np.array([last])
    values = np.array([np.interp(steps, x, y, left=np.nan, right=np.nan) for x, y in finite])
    is_known = ~np.isnan(values)
    steps, values, is_known = (each[..., is_known.any(axis=0)] for each in (steps, values, is_known))
    counts = is_known.sum(axis=0)
    mean = np.where(is_known, values, 0.0).sum(axis=0) / counts
    squares = np.where(is_known, (values - mean) ** 2, 0.0).sum(axis=0)
    sd = np.sqrt(squares / np.maximum(counts - 1, 1))
    is_band = counts > 1
    return Curve(
        steps,
        mean,
        band=(steps[is_band], (mean - sd)[is_band], (mean + sd)[is_band]),
        members=tuple((steps[known], curve[known]) for known, curve in zip(is_known, values, strict=True)),
    )
