"""Snapshots of the screens.

After an intended change: `pytest tests/tui/whole_app/test_snapshots.py --snapshot-update`.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual.pilot import Pilot
from textual.widgets import Input

from emnist_tui.analysis.neighbors import neighbors_path
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.screens.sweep import SweepScreen
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from emnist_tui.tui.widgets.sweep.trial_table import TrialTable
from tests.support.recorded_runs import recorded_run
from tests.support.scripted_runs import evaluation, neighbors, write_run
from tests.support.sweep_folders import made_trials, make_spec, make_sweep, make_worker
from tests.support.terminal import live_run

TEXTUAL = "8.2.8"

pytestmark = pytest.mark.skipif(
    version("textual") != TEXTUAL,
    reason=f"the snapshots were made with Textual {TEXTUAL}, not {version('textual')}",
)

Compare = Callable[..., bool]


def app(root: Path, opened: RunSession | None, settings: str = "", colors: ColorSystem | None = None) -> EmnistApp:
    """In full color or `colors`, whatever the terminal of the tests has."""
    path = root / "settings.toml"
    path.write_text(settings)
    made = EmnistApp(root, opened, preferences=SettingsFile(path))
    made.console._color_system = ColorSystem.TRUECOLOR if colors is None else colors
    return made


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("screen", ["1", "2", "3"], ids=["train", "confusion", "errors"])
def test_screen(snap_compare: Compare, tmp_path: Path, screen: str, size: tuple[int, int]) -> None:
    folder = write_run(tmp_path)
    neighbors(evaluation(seed=3)).save(neighbors_path(folder.path / "evaluation-epoch-003.npz"))
    assert snap_compare(app(tmp_path, RunSession(folder)), press=[screen], terminal_size=size)


async def show_inside(pilot: Pilot[None]) -> None:
    """Show the screen, and wait until the digit's course and the reasons are known."""
    session = pilot.app.session  # type: ignore[attr-defined]
    await pilot.press("5")
    inside = pilot.app.screen.inside  # type: ignore[attr-defined]
    while not (inside.view and (len(inside.view.reasons) == 2 or not inside.has_room)):
        await pilot.pause(0.01)
    while session.replay.is_computing or len(session.replay.predicted) < len(session.replay.steps):
        await pilot.pause(0.01)
    pilot.app.screen.show_session(session)  # type: ignore[attr-defined]
    await pilot.pause()


@pytest.mark.parametrize(
    ("size", "settings", "colors"),
    [
        pytest.param((60, 20), "", None, id="60x20"),
        pytest.param((80, 24), "", None, id="80x24"),
        pytest.param((120, 40), "", None, id="120x40"),
        pytest.param((200, 60), "", None, id="200x60"),
        pytest.param((80, 24), 'theme = "emnist-light"', None, id="light"),
        pytest.param((80, 24), "", ColorSystem.STANDARD, id="16-colors"),
        pytest.param((80, 24), 'characters = "ascii"', None, id="ascii"),
    ],
)
def test_inside(
    snap_compare: Compare, tmp_path: Path, size: tuple[int, int], settings: str, colors: ColorSystem | None
) -> None:
    opened = RunSession(recorded_run(tmp_path))
    shown = app(tmp_path, opened, settings, colors)
    assert snap_compare(shown, run_before=show_inside, terminal_size=size)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)], ids=["60x20", "80x24", "120x40"])
def test_sweep(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    monkeypatch.setattr("emnist_tui.tui.widgets.sweep.columns.elapsed", lambda trial: trial.seconds)
    workers = [make_worker(number, host="beta", pid=number) for number in (1, 2, 3)]
    spec = make_spec(60)
    folder = make_sweep(tmp_path / "search", spec, trials=made_trials(spec, 40, workers), workers=workers)

    async def open_sweep(pilot: Pilot[None]) -> None:
        await pilot.app.push_screen(SweepScreen(folder))
        while not pilot.app.screen.query_one(TrialTable).trials:
            await pilot.pause(0.01)
        await pilot.pause()

    assert snap_compare(app(tmp_path, None), run_before=open_sweep, terminal_size=size)


def test_form_with_a_bad_value(snap_compare: Compare, tmp_path: Path) -> None:
    async def write_badly(pilot: Pilot[None]) -> None:
        await pilot.press("n")
        for box in pilot.app.screen.query(Input):
            box.cursor_blink = False
        pilot.app.screen.query_one("#epochs", Input).value = "0"
        pilot.app.screen.query_one("#name", Input).value = "a/b"
        await pilot.pause()

    assert snap_compare(app(tmp_path, None), run_before=write_badly, terminal_size=(80, 24))


def test_quit_while_a_run_trains(snap_compare: Compare, tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        assert snap_compare(app(tmp_path, RunSession(folder)), press=["q"], terminal_size=(80, 24))
