"""Keys that work in each state of a run, and the reasons of the others."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.app import App
from textual.binding import ActiveBinding, Binding

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Event, Paused, RunEnded, RunFailed, StuckAtChance
from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui import availability
from emnist_tui.tui.availability import check_run_action, describe_availability
from emnist_tui.tui.keymap import DEFAULTS, bind
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.terminal.textual_private import active_binding, key_name
from tests.support.scripted_runs import units_changed, with_checkpoint, write_run
from tests.support.terminal import control, live_run, opened_checkpoint, terminal

START_ACTIONS = ("resume", "unpause", "pause")


async def test_keys_that_need_a_live_run_are_grayed_without_one(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        for key, action in {"space": "pause", "s": "save", "x": "stop"}.items():
            assert shown.keys[key] == (action, False)
            await shown.press(key)
        assert "r" not in shown.keys
        assert control(folder) == {}


async def test_evaluate_is_grayed_until_there_is_a_checkpoint(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    async with terminal(tmp_path, RunSession(folder)) as shown:
        assert shown.keys["e"] == ("evaluate", False)
        folder.last_checkpoint.touch()
        assert shown.keys["e"] == ("evaluate", True)


async def test_keys_of_a_live_run_work(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            for key, action in {"space": "pause", "s": "save", "x": "stop"}.items():
                assert shown.keys[key] == (action, True)


def available(session: RunSession | None) -> list[str]:
    return [action for action in START_ACTIONS if check_run_action(action, session)]


def test_the_start_key_has_one_meaning_in_each_state(tmp_path: Path) -> None:
    checkpoint = opened_checkpoint(tmp_path / "output", tmp_path / "net.pt")
    for session in (None, checkpoint):
        assert available(session) == []
        assert check_run_action("pause", session) is None, "grayed: a new training is n, Enter"
    with live_run(tmp_path) as (folder, log):
        assert available(RunSession(folder)) == ["pause"]
        log.write(Paused(step=100))
        assert available(RunSession(folder)) == ["unpause"]
    assert available(RunSession(folder)) == []  # interrupted before its first checkpoint
    assert available(RunSession(with_checkpoint(folder))) == ["resume"]
    finished = RunSession(write_run(tmp_path, "finished"))
    assert available(finished) == []
    assert check_run_action("pause", finished) is None


@pytest.mark.parametrize(
    "end", [RunEnded(reason="stopped", step=1, seconds=1.0, images_per_second=1.0), RunFailed(error="x")]
)
def test_a_run_that_stopped_or_failed_can_be_resumed(tmp_path: Path, end: RunEnded | RunFailed) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(end)
    assert check_run_action("pause", RunSession(folder)) is None, "grayed: it has no checkpoint"
    assert available(RunSession(with_checkpoint(folder))) == ["resume"]


@pytest.mark.parametrize("event", [StuckAtChance(epoch=2, step=100, loss=2.303, seed=0), units_changed(90, [1])])
def test_only_a_run_that_lost_filters_can_be_reseeded(tmp_path: Path, event: Event) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(units_changed(80, [1], of=64))
        assert check_run_action("restart", RunSession(folder)) is False
        log.write(event)
        assert check_run_action("restart", RunSession(folder)) is True


def test_other_actions_always_work() -> None:
    assert check_run_action("new_run", None) is True


@pytest.mark.parametrize(
    ("binding", "enabled", "text"),
    [
        (bind("save", "save", "Save"), True, ""),
        (bind("start", "pause", "Pause"), False, "unavailable: nothing is open; n trains a new network"),
        (bind("undo", "undo", "Undo"), False, "unavailable: nothing to undo"),
        (Binding("k", "look(1, 1)", "Next epoch of B"), False, "unavailable: fewer than two evaluations"),
        (Binding("k", "other", "Other"), False, "unavailable"),
    ],
)
def test_a_grayed_key_says_why(binding: Binding, enabled: bool, text: str) -> None:
    assert describe_availability(ActiveBinding(cast(Any, SimpleNamespace(app=App())), binding, enabled, "")) == text


def test_reasons_belong_to_keys() -> None:
    assert set(availability._REASONS) - {"look"} <= set(DEFAULTS)  # B's epoch keys have no name


NOTHING_TO_RESUME = "no checkpoint to resume from; n starts a new run"
REASONS = {
    "open": {
        **dict.fromkeys(["space", "s", "x", "e"], "nothing is open; n trains a new network"),
        **dict.fromkeys(["m", "[", "c"], "nothing is open"),
    },
    "finished": {**dict.fromkeys(["space", "s", "x"], "the run has finished"), "e": "the run has no checkpoint"},
    "stopped": {**dict.fromkeys(["s", "x"], "the run has been stopped"), "space": NOTHING_TO_RESUME},
    "failed": {**dict.fromkeys(["s", "x"], "the run has failed"), "space": NOTHING_TO_RESUME},
    "interrupted": {**dict.fromkeys(["s", "x"], "the run was interrupted"), "space": NOTHING_TO_RESUME},
    "checkpoint": {
        **dict.fromkeys(["space", "s", "x"], "a checkpoint is open, not a run"),
        "e": "the checkpoint is evaluated already",
        **dict.fromkeys(["[", "c"], "a checkpoint has one evaluation"),
    },
    "being evaluated": dict.fromkeys(["m", "[", "c"], "the checkpoint is being evaluated"),
    "not evaluated": dict.fromkeys(["m", "[", "c"], "the checkpoint could not be evaluated"),
}


def opened(root: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> RunSession | None:
    if what == "open":
        return None
    if what in ("being evaluated", "not evaluated"):
        monkeypatch.setattr(RunSession, "is_process_alive", what == "being evaluated")
        (root / "output").mkdir()
        return RunSession(RunFolder(root / "output"), checkpoint=root / "net.pt")
    if what == "checkpoint":
        return opened_checkpoint(root / "output", root / "net.pt")
    folder = write_run(root, ended=what == "finished")
    with EventLog(folder.events) as log:
        if what == "stopped":
            log.write(RunEnded(reason="stopped", step=1, seconds=1.0, images_per_second=1.0))
        if what == "failed":
            log.write(RunFailed(error="x"))
    return RunSession(folder)


@pytest.mark.parametrize("what", REASONS)
async def test_a_pressed_grayed_key_says_why_in_the_state_at_hand(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with terminal(tmp_path, opened(tmp_path, what, monkeypatch)) as shown:
        await shown.press("2")
        for key, reason in REASONS[what].items():
            label = shown.app.screen.active_bindings[key_name(key) if len(key) == 1 else key].binding.description
            assert f"{label}: {reason}." not in shown.notices
            await shown.press(key)
            assert f"{label}: {reason}." in shown.notices


async def test_a_held_grayed_key_says_why_once_and_an_unknown_key_nothing(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        before = len(shown.notices)
        await shown.press_at_once("Z", "f9", "r")
        assert len(shown.notices) == before, "unknown and hidden keys"
        await shown.press_at_once(*["s"] * 20)
        assert len(shown.notices) == before + 1
        await shown.press("n", "s", "x", "space")
        assert len(shown.notices) == before + 1, "typed into a field of the form"


@pytest.mark.parametrize("screen", ["1", "2", "3", "4"])
async def test_one_key_is_looked_up_as_all_keys_are(tmp_path: Path, screen: str) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press(screen)
        for opened in ("", "?", "escape", "n"):
            await shown.press(*filter(None, [opened]))
            current = shown.app.screen
            found = {key: active_binding(current, key) for key in [*current.active_bindings, "f12"]}
            assert found == {**current.active_bindings, "f12": None}
