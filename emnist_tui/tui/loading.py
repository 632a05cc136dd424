"""Screens that are imported and made after the first frame.

A screen is imported and made when it is first shown. After the first frame a thread imports the others, and what they
draw with; then the numbered ones are made, so that their keys show them in half the time.
"""

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

from textual.screen import Screen
from textual.worker import get_current_worker

from emnist_tui.runs.collector import resume_collector
from emnist_tui.tui.terminal.textual_private import HookedApp

_PAUSE = 0.3  # seconds between two screens, each of which stops the app for 50 ms
_SCREENS = "emnist_tui.tui.screens"
_LATER = (
    f"{_SCREENS}.new_run",
    f"{_SCREENS}.train",
    "emnist_tui.tui.widgets.charts.chart_data",
    "emnist_tui.tui.widgets.charts.plot",
    f"{_SCREENS}.confusion",
    f"{_SCREENS}.errors",
    f"{_SCREENS}.runs",
    f"{_SCREENS}.inside",
    f"{_SCREENS}.help",
    f"{_SCREENS}.download",
    f"{_SCREENS}.quit",
    f"{_SCREENS}.compare",
    f"{_SCREENS}.overlay",
    f"{_SCREENS}.run_changes",
    f"{_SCREENS}.sweep",
    f"{_SCREENS}.log",
    f"{_SCREENS}.train_longer",
    f"{_SCREENS}.open_path",
    f"{_SCREENS}.fetch_question",
)
"""Modules in the order in which their keys are likely to be pressed."""


def _screen_of(module: str, name: str) -> Callable[[], Screen[Any]]:
    """Return a function that imports a screen's class and makes the screen."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(import_module(f"{_SCREENS}.{module}"), name)()
        return screen

    return make


MODES: dict[str, str | Callable[[], Screen[Any]]] = {
    "train": _screen_of("train", "TrainScreen"),
    "confusion": _screen_of("confusion", "ConfusionScreen"),
    "errors": _screen_of("errors", "ErrorsScreen"),
    "runs": _screen_of("runs", "RunsScreen"),
    "inside": _screen_of("inside", "InsideScreen"),
}
"""The numbered screens by the names of their keys."""


async def load_later(app: HookedApp[Any]) -> None:
    """Import the screens not shown yet, and make the numbered ones."""
    try:
        await asyncio.to_thread(_import_modules)
        for mode in MODES:
            await asyncio.sleep(_PAUSE)
            await app.prepare_mode(mode)
    finally:
        resume_collector()


def _import_modules() -> None:
    worker = get_current_worker()
    for module in _LATER:
        if worker.is_cancelled:
            return
        import_module(module)
