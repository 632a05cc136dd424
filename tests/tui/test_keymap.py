"""Changed keys: which are valid, and that the app obeys and names them."""

from pathlib import Path
from typing import Any

import pytest

from emnist_tui.tui import keymap
from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.screens.chart_screen import ChartScreen
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.confusion import ConfusionScreen
from emnist_tui.tui.screens.disagreements import DisagreementsScreen
from emnist_tui.tui.screens.errors import ErrorsScreen
from emnist_tui.tui.screens.inside import InsideScreen
from emnist_tui.tui.screens.inside_base import InsideBase
from emnist_tui.tui.screens.overlay import OverlayScreen
from emnist_tui.tui.screens.replay_keys import ReplayKeys
from emnist_tui.tui.screens.robust import RobustScreen
from emnist_tui.tui.screens.runs import RunsScreen
from emnist_tui.tui.screens.sweep import SweepScreen
from emnist_tui.tui.screens.way_inside import WayInside
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from emnist_tui.tui.widgets.runs.run_table import RunTable
from tests.support.scripted_runs import write_run
from tests.support.terminal import terminal


@pytest.mark.parametrize("key", ["b", "ctrl+k", "f5", "f7", ";", "alt+shift+k", "b,f6", "pageup", "Z"])
def test_a_valid_key_is_accepted(key: str) -> None:
    assert keymap.check({"new": key}) == ({"new": key}, [])


@pytest.mark.parametrize(
    ("requested", "refused"),
    [
        ({"new": "x"}, "new cannot be x, which is the key of stop"),
        ({"new": "m"}, "new cannot be m, which is the key of mode"),
        ({"new": "?"}, "new cannot be ?, which is the key of help"),
        ({"new": "enter"}, "new cannot be enter"),
        ({"new": "k,tab"}, "new cannot be tab"),
        ({"new": "ctrl+"}, "new must be a key"),
        ({"new": "banana"}, "new must be a key"),
        ({"new": ""}, "new must be a key"),
        ({"new": 5}, "new must be a key"),
        ({"[b]": "k"}, "[b] does not exist"),
        ({"sort": "k", "picture": "k"}, "which is the key of"),
    ],
)
def test_an_invalid_key_is_refused_by_a_sentence(requested: dict[str, Any], refused: str) -> None:
    chosen, (problem,) = keymap.check(requested)
    assert refused in problem
    assert len(chosen) == len(requested) - 1


def test_two_keys_can_be_swapped_and_screens_can_share_one() -> None:
    requested = {"new": "s", "save": "n", "mode": "v", "sort": "v"}
    assert keymap.check(requested) == (requested, [])


def test_mark_shares_its_key_with_start_which_is_not_on_that_screen() -> None:
    assert keymap.check({"mark": "b", "start": "b"}) == ({"mark": "b", "start": "b"}, [])
    assert keymap.check({"mark": "n"})[1] == ["The key mark cannot be n, which is the key of new."]


def test_the_overlay_hides_curves_by_the_key_that_pauses_elsewhere() -> None:
    assert keymap.check({"hide-curve": "b", "start": "b"}) == ({"hide-curve": "b", "start": "b"}, [])
    assert keymap.check({"hide-curve": "z"})[1] == ["The key hide-curve cannot be z, which is the key of zoom."]


def test_a_default_is_no_change() -> None:
    assert keymap.check(keymap.DEFAULTS) == ({}, [])


def test_an_invalid_key_takes_its_default_back_from_others() -> None:
    chosen, problems = keymap.check({"new": "enter", "save": "n"})
    assert chosen == {}
    assert len(problems) == 2


def test_labels_name_the_changed_key() -> None:
    keys = keymap.Keymap({"new": "ctrl+n", "help": "slash", "quit": "+"})
    assert [keys.label(name) for name in ("new", "help", "quit", "start", "filter")] == ["^n", "/", "+", "space", "/"]


def test_every_name_is_bound_somewhere() -> None:
    rooms = (
        EmnistApp,
        ChartScreen,
        OverlayScreen,
        ReplayKeys,
        ConfusionScreen,
        ErrorsScreen,
        InsideBase,
        InsideScreen,
        RunsScreen,
        RunTable,
        CompareScreen,
        DisagreementsScreen,
        RobustScreen,
        SweepScreen,
        WayInside,
    )
    bound = {getattr(binding, "id", None) for room in rooms for binding in room.BINDINGS}
    assert bound - {None} == set(keymap.DEFAULTS)


async def test_the_app_obeys_and_names_changed_keys(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[keys]\nnew = "N"\nruns = "0"\nstart = "b"\nundo = "z"\nwrong-label = "l"\n')
    async with terminal(tmp_path / "runs", preferences=SettingsFile(path)) as shown:
        await shown.shows("N  train a new network", "N trains on synthetic", "N New", "b Pause")
        await shown.press("n")
        assert "New run" not in shown.text
        await shown.press("0")
        await shown.says("Press N to train one")
        await shown.press("N")
        await shown.shows("New run")


async def test_a_screen_obeys_and_names_changed_keys(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[keys]\nundo = "z"\nwrong-label = "l"\n')
    root = tmp_path / "runs"
    async with terminal(root, RunSession(write_run(root)), (120, 40), SettingsFile(path)) as shown:
        await shown.press("3")
        await shown.shows("l wrong label")
        await shown.press("w")
        assert "z undo" not in shown.text
        await shown.press("l")
        await shown.shows("z undo")
        await shown.press("z")
        await shown.hides("z undo")
        await shown.press("question_mark")
        await shown.shows("The label is wrong")
        line = next(line for line in shown.text.split("\n") if "The label is wrong" in line)
        assert "l  Wrong label" in line
