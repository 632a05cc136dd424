"""Keys that work in each state of a run, and the reasons of the others."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from textual.binding import ActiveBinding, Binding

from emnist_tui.runs.events import Paused, RunEnded, RunFailed, StuckAtChance
from emnist_tui.tui import availability
from emnist_tui.tui.availability import check_run_action, describe_availability
from emnist_tui.tui.keymap import DEFAULTS, bind
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.terminal import control, live_run, opened_checkpoint, terminal

START_ACTIONS = ("start", "resume", "unpause", "pause")


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
    assert available(None) == ["start"]
    assert available(opened_checkpoint(tmp_path / "output", tmp_path / "net.pt")) == ["start"]
    with live_run(tmp_path) as (folder, log):
        assert available(RunSession(folder)) == ["pause"]
        log.write(Paused(step=100))
        assert available(RunSession(folder)) == ["unpause"]
    assert available(RunSession(folder)) == ["resume"]  # interrupted
    finished = RunSession(write_run(tmp_path, "finished"))
    assert available(finished) == []
    assert check_run_action("pause", finished) is None


@pytest.mark.parametrize(
    "end", [RunEnded(reason="stopped", step=1, seconds=1.0, images_per_second=1.0), RunFailed(error="x")]
)
def test_a_run_that_stopped_or_failed_can_be_resumed(tmp_path: Path, end: RunEnded | RunFailed) -> None:
    with live_run(tmp_path) as (folder, log):
        log.write(end)
    assert available(RunSession(folder)) == ["resume"]


def test_only_a_stuck_run_can_be_reseeded(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        assert check_run_action("restart", RunSession(folder)) is False
        log.write(StuckAtChance(epoch=2, step=100, loss=2.303, seed=0))
        assert check_run_action("restart", RunSession(folder)) is True


def test_other_actions_always_work() -> None:
    assert check_run_action("new_run", None) is True


@pytest.mark.parametrize(
    ("binding", "enabled", "text"),
    [
        (bind("save", "save", "Save"), True, ""),
        (bind("mode", "normalize", "Mode"), False, "unavailable: no evaluation yet"),
        (Binding("k", "look(1, 1)", "Next epoch of B"), False, "unavailable: fewer than two evaluations"),
        (Binding("k", "other", "Other"), False, "unavailable"),
    ],
)
def test_a_grayed_key_says_why(binding: Binding, enabled: bool, text: str) -> None:
    assert describe_availability(ActiveBinding(cast(Any, SimpleNamespace()), binding, enabled, "")) == text


def test_reasons_belong_to_keys() -> None:
    assert set(availability._REASONS) - {"look"} <= set(DEFAULTS)  # B's epoch keys have no name
