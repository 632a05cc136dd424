"""The help dialog: its keys, and why a grayed one does not work."""

from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from emnist_tui.tui.availability import describe_availability
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.help import HelpDialog
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from tests.support.recorded_runs import recorded_run
from tests.support.scripted_runs import write_run
from tests.support.terminal import SCREENS, Terminal, terminal

HIDDEN = (
    "start",
    "resume",
    "unpause",
    "restart",
    "clear",
    "clear_filter",
    "leave_replay",
    "close_message",
    "read_message",
)
"""Actions that a finished run does not have."""


@pytest.mark.parametrize(("screen", "key"), zip(SCREENS, cycle(["f1", "question_mark"]), strict=False))
async def test_help_lists_every_binding_of_the_screen(tmp_path: Path, screen: str, key: str) -> None:
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path)), (120, 100)) as shown:
        await shown.press(screen)
        nodes = [shown.app.screen, shown.app]
        if shown.app.focused:
            nodes.insert(0, shown.app.focused)
        declared = [
            binding
            for node in nodes
            for cls in type(node).__mro__
            if cls.__module__.startswith("emnist_tui")
            for binding in cls.__dict__.get("BINDINGS", [])
            if binding.action not in getattr(shown.app.screen, "HIDDEN_ACTIONS", ())
            and binding.action
            not in (
                "resume",
                "unpause",
                "restart",
                "clear",
                "clear_filter",
                "leave_replay",
                "run_network",
                "replay_turn(-1)",
                "replay_turn(1)",
                "close_message",
                "read_message",
            )
        ]
        await shown.press(key)
        await shown.until(lambda: isinstance(shown.app.screen, HelpDialog), "the help is open")
        for binding in declared:
            lines = [line for line in shown.text.split("\n") if f" {binding.description} " in line]
            for name in binding.key.split(","):
                display = shown.app.get_key_display(replace(binding, key=name))
                assert any(f" {display} " in line for line in lines), f"{name}: {lines}"
        await shown.shows("Save a checkpoint now (unavailable: the run has finished)")
        explained = [line for line in shown.text.split("\n") if "Configure a new training run" in line]
        moving = [line for line in shown.text.split("\n") if " up " in line or "Cursor up" in line]
        assert all(shown.text.index(explained[0]) < shown.text.index(line) for line in moving)
        await shown.press("escape")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the help is closed")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_the_help_names_the_pages(tmp_path: Path, size: tuple[int, int]) -> None:
    async with terminal(tmp_path, size=size) as shown:
        await shown.press("?")
        await shown.shows("Pages, such as recipe: emnist-tui help · esc close")


async def test_the_help_key_closes_the_help(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("question_mark")
        await shown.until(lambda: isinstance(shown.app.screen, HelpDialog), "the help is open")
        await shown.press("f1")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the help is closed")


async def test_the_help_takes_the_mouse(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.click_on("Help")
        await shown.shows("Keys")
        await shown.click_on("esc close")
        await shown.hides("Keys")


@pytest.mark.parametrize("key", ["b", "l", "escape", "enter"])
async def test_the_keys_of_the_settings_close_the_help(tmp_path: Path, key: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[keys]\nhelp = "b"\nquit = "l"\n')
    async with terminal(tmp_path / "runs", preferences=SettingsFile(path)) as shown:
        await shown.press("b")
        await shown.until(lambda: isinstance(shown.app.screen, HelpDialog), "the help is open")
        await shown.press(key)
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the help is closed")


async def test_every_grayed_key_has_a_reason(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=1)
    async with terminal(tmp_path, size=(120, 40)) as shown:
        for _ in range(2):
            for screen in SCREENS:
                await shown.press(screen)
                assert_reasons(shown)
            shown.app.open(RunSession(folder), "train")
        shown.app.push_screen(CompareScreen(ComparisonSide(folder.path), ComparisonSide(folder.path)))
        await shown.until(lambda: isinstance(shown.app.screen, CompareScreen), "the comparison is open")
        await shown.settle()
        assert_reasons(shown)


def assert_reasons(shown: Terminal) -> None:
    grayed = [active for active in shown.app.screen.active_bindings.values() if not active.enabled]
    assert grayed
    for active in grayed:
        assert describe_availability(active).startswith("unavailable: "), active.binding


async def test_the_reason_belongs_to_the_key_of_its_screen(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path, epochs=1))) as shown:
        for screen, reason in (("2", "fewer than two evaluations"), ("4", "mark exactly two")):
            await shown.press(screen)
            assert describe_availability(shown.app.screen.active_bindings["c"]) == f"unavailable: {reason}"


async def test_keys_are_grouped_and_all_can_be_reached_in_the_smallest_window(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("3", "question_mark")
        titles = ["Errors", "Everywhere", "Moving", "In dialogs"]
        seen: list[str] = []
        for _ in range(12):
            words = [line.strip("│ ").strip() for line in shown.text.split("\n")[1:17]]
            seen += [title for title in titles if title not in seen and any(word.startswith(title) for word in words)]
            await shown.press("pagedown")
        assert seen == titles
        await shown.shows("Close a message or the dialog")


async def test_the_palette_has_a_name_like_the_other_keys(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(120, 60)) as shown:
        await shown.press("question_mark")
        await shown.shows("^p  Palette")
        assert "palette" not in shown.text


async def test_quit_has_its_place_and_redraw_works_everywhere(tmp_path: Path) -> None:
    async with terminal(tmp_path, size=(120, 60)) as shown:
        await shown.press("question_mark")
        await shown.shows("Everywhere")
        places = [
            shown.text.index(words) for words in ("Everywhere", "Repaint the", "Configure a", "Every key", "Quit; a")
        ]
        assert places == sorted(places)
