"""Screen 4, Runs: sorting, filtering, moving, the preview, and keys about the row under the cursor."""

import threading
from pathlib import Path

import pytest

from emnist_tui.runs.about import write_about
from emnist_tui.runs.curve_sample import Point
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.run_list import RunList
from emnist_tui.tui.availability import describe_availability
from emnist_tui.tui.screens import runs
from emnist_tui.tui.session import run_previews
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from emnist_tui.tui.widgets.runs.run_preview import RunPreview
from emnist_tui.tui.widgets.runs.run_table import RunTable
from tests.support.run_lists import names, runs_in, write_runs
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.terminal import Terminal, control, live_run, terminal

SIZES = [(60, 20), *slow([(80, 24), (120, 40)]), (200, 60)]


def cursor(shown: Terminal) -> int:
    return shown.app.screen.query_one(RunTable).cursor_row


async def test_the_keys_of_lists_move_the_cursor(tmp_path: Path) -> None:
    async with terminal(runs_in(tmp_path, *"abcd")) as shown:
        await shown.press("4")
        for key, row in {"j": 1, "k": 0, "G": 3, "g": 0, "end": 3, "home": 0, "down": 1, "up": 0}.items():
            await shown.press(key)
            assert (key, cursor(shown)) == (key, row)


async def test_sorting_goes_through_the_orders_and_keeps_the_cursor_on_its_run(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"b": 1, "c": 3, "a": 2})
    async with terminal(root) as shown:
        await shown.press("4", "j")
        for order, expected in {"last change ↓": "cab", "name ↑": "abc", "test ↓": None, "state ↑": "bca"}.items():
            await shown.press("o")
            await shown.shows(f"by {order}")
            assert expected is None or "".join(names(shown)) == expected
            assert names(shown)[cursor(shown)] == "c"
        await shown.press("o")
        await shown.shows("by created ↓")


async def test_a_click_on_a_title_sorts_and_a_second_one_reverses(tmp_path: Path) -> None:
    root = write_runs(tmp_path / "runs", {"b": 1, "c": 3, "a": 2})
    async with terminal(root, size=(120, 40)) as shown:
        await shown.press("4")
        for order, expected in (("name ↑", "abc"), ("name ↓", "cba"), ("name ↑", "abc")):
            rows = shown.text.split("\n")
            y = next(y for y, row in enumerate(rows) if "state" in row)
            await shown.pilot.click(offset=(rows[y].index("name") + 1, y))
            await shown.shows(f"by {order}")
            assert "".join(names(shown)) == expected


@pytest.mark.parametrize("size", SIZES)
async def test_a_filter_narrows_as_it_is_typed_and_is_cleared_before_the_marks(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_LIST_EVERY", 0.05)
    root = runs_in(tmp_path, "alpha", "beta", "gamma")
    write_about(RunFolder(root / "gamma"), ["quick"], "")
    async with terminal(root, size=size) as shown:
        await shown.press("4", "space", "/", "q")  # q does not quit
        await shown.until(lambda: names(shown) == ["gamma"], "one run matches")
        await shown.press("u")
        await shown.shows("1 of 3 match qu")
        await shown.press("enter")
        write_run(root, "quick-too")
        await shown.until(lambda: len(names(shown)) == 2, "the filter holds while the list is read again")
        await shown.shows("2 of 4 match qu")
        await shown.press("escape")
        await shown.until(lambda: len(names(shown)) == 4, "all are shown")
        assert "1 marked" in shown.text
        await shown.press("escape")
        await shown.hides("1 marked")


async def test_a_filter_that_matches_nothing_can_be_cleared(tmp_path: Path) -> None:
    async with terminal(runs_in(tmp_path, "alpha")) as shown:
        await shown.press("4", "/", "z", "enter")
        await shown.shows("0 of 1 match z", "esc shows all")
        assert names(shown) == []
        for key in ("space", "R", "enter", "x", "e", "s"):
            await shown.press(key)
        await shown.press("escape")
        assert names(shown) == ["alpha"]


@pytest.mark.parametrize("size", SIZES)
async def test_the_preview_shows_facts_and_curves_where_there_is_room(tmp_path: Path, size: tuple[int, int]) -> None:
    root = runs_in(tmp_path, "mine")
    write_about(RunFolder(root / "mine"), ["good"], "a note")
    async with terminal(root, size=size) as shown:
        await shown.press("4")
        if size == (60, 20):
            assert not shown.app.screen.query_one(RunPreview).display
            return
        await shown.shows("the documented one", "good", "a note", "3 of 3, 300 steps", "loss 0.", "accuracy ")
        assert "█" in shown.text
        if size[1] > 30:
            await shown.shows("93.40 % after epoch 2", "trained for 36 s", " kB", "created")


async def test_the_preview_explains_damage_and_the_row_tells_it_apart(tmp_path: Path) -> None:
    root = runs_in(tmp_path, "good", "broken")
    (root / "broken" / "run.json").write_text("{")
    async with terminal(root, size=(120, 40)) as shown:
        await shown.press("4", "G")
        await shown.shows("damaged")
        await shown.shows("broken is not a", "run.json")


async def test_the_opened_run_is_marked_in_the_list(tmp_path: Path) -> None:
    root = runs_in(tmp_path, "first", "second")
    async with terminal(root, RunSession(RunFolder(root / "second"))) as shown:
        await shown.press("4")
        await shown.shows("▸")
        (line,) = [line for line in shown.text.split("\n") if "▸" in line]
        assert "second" in line


async def test_states_are_colored_by_meaning(tmp_path: Path) -> None:
    with live_run(tmp_path, "busy"):
        write_run(tmp_path, "gone", epochs=1, ended=False)
        write_run(tmp_path, "done")
        async with terminal(tmp_path) as shown:
            await shown.press("4")
            table, theme = shown.app.screen.query_one(RunTable), shown.app.theme_variables
            colors = {}
            for row in range(table.row_count):
                _, name, state, *_ = table.get_row_at(row)
                color = state.style.color if not isinstance(state.style, str) else None
                colors[str(name)] = color.get_truecolor().hex if color else None
            assert colors == {"busy": theme["success"].lower(), "gone": theme["error"].lower(), "done": None}


async def test_model_is_a_column_only_where_models_differ(tmp_path: Path) -> None:
    root = runs_in(tmp_path, "first", "second")
    async with terminal(root, size=(200, 60)) as shown:
        await shown.press("4")
        table = shown.app.screen.query_one(RunTable)
        assert "model" not in [column.value for column in table.columns]
        events = root / "second" / "events.jsonl"
        events.write_text(events.read_text().replace('"model":"baseline","parameters"', '"model":"other","parameters"'))
        await shown.until(lambda: "model" in [column.value for column in table.columns], "the models are shown")


async def test_save_and_stop_act_on_the_row_under_the_cursor(tmp_path: Path) -> None:
    other = write_run(tmp_path, "other")
    with live_run(tmp_path, "busy") as (folder, _), live_run(tmp_path, "opened") as (opened, _):
        async with terminal(tmp_path, RunSession(opened)) as shown:
            await shown.press("4")
            while names(shown)[cursor(shown)] != "busy":
                await shown.press("j")
            await shown.press("s")
            assert control(folder)["saves"] == 1
            await shown.press("x")
            assert control(folder)["desired"] == "stop"
            assert "Stopping busy." in shown.notices
            await shown.press("g")
            while names(shown)[cursor(shown)] != "other":
                await shown.press("j")
            assert shown.keys["x"] == ("stop", False)
            await shown.press("x", "s", "e")
            assert control(opened) == control(other) == {}  # a grayed key acts on no other run


async def test_space_never_pauses_on_this_screen(tmp_path: Path) -> None:
    with live_run(tmp_path, "opened") as (opened, _):
        async with terminal(tmp_path, RunSession(opened)) as shown:
            await shown.press("4", "/", "z", "enter", "space")
            assert control(opened) == {}
            assert not any(action in ("pause", "start", "resume") for action, _ in shown.keys.values())
            await shown.press("1")
            await shown.until(lambda: shown.keys.get("space", ("", False)) == ("pause", True), "it pauses elsewhere")


async def test_grayed_keys_tell_true_reasons(tmp_path: Path) -> None:
    def reasons(shown: Terminal) -> dict[str, str]:
        bindings = shown.app.screen.active_bindings
        return {key: describe_availability(active) for key, active in bindings.items() if not active.enabled}

    async with terminal(runs_in(tmp_path, "first"), size=(120, 40)) as shown:
        await shown.press("4")
        assert reasons(shown) == {
            "c": "unavailable: mark exactly two",
            "v": "unavailable: mark two or more runs, or a group of seeds, first",
            "s": "unavailable: the run has finished",
            "x": "unavailable: the run has finished",
            "e": "unavailable: the run has no checkpoint",
            "t": "unavailable: no checkpoint to continue from",
            **dict.fromkeys(
                ("plus", "minus", "equals_sign"),
                "unavailable: the run has finished; train longer (t) with another rate",
            ),
        }
    async with terminal(tmp_path / "empty", size=(120, 40)) as shown:
        await shown.press("4")
        gray = reasons(shown)
        assert {gray[key] for key in ("space", "slash", "o", "R", "D", "delete")} == {"unavailable: no runs here"}


async def test_a_key_of_the_list_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[keys]\nstop = "f6"\nmark = "b"\nnext-row = "h"\n')
    with live_run(tmp_path / "runs", "busy") as (folder, _):
        write_run(tmp_path / "runs", "other")
        async with terminal(tmp_path / "runs", preferences=SettingsFile(path)) as shown:
            await shown.press("4", "b")
            await shown.shows("1 marked")
            await shown.press("g")
            while names(shown)[cursor(shown)] != "busy":
                await shown.press("h")
            await shown.press("x")
            assert control(folder) == {}
            await shown.press("f6")
            assert control(folder)["desired"] == "stop"


async def test_moving_the_cursor_reads_no_events_in_the_ui_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long run must not hold the cursor: its curve is read once the cursor rests, in a thread."""
    threads: list[threading.Thread] = []

    def note_thread(_: Path) -> list[Point]:
        threads.append(threading.current_thread())
        return []

    monkeypatch.setattr(run_previews, "sample_curve", note_thread)
    async with terminal(runs_in(tmp_path, *"abcdefgh"), size=(120, 40)) as shown:
        await shown.press("4", *"jjjjjjj")
        await shown.until(lambda: threads, "a curve is read")
        assert threading.main_thread() not in threads


async def test_the_list_is_complete_while_long_runs_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.runs.run_list._AT_ONCE", 0)
    complete, released = RunList.complete, threading.Event()
    monkeypatch.setattr(RunList, "complete", lambda runs, is_stopped: released.wait() and complete(runs, is_stopped))
    async with terminal(runs_in(tmp_path, "first", "second")) as shown:
        try:
            await shown.press("4", "j")
            assert names(shown) == ["first", "second"]
            assert "reading" in shown.text
        finally:
            released.set()
        await shown.shows("finished")
        assert cursor(shown) == 1


async def test_keys_in_a_list_that_the_filter_empties_do_nothing_and_say_why(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("4", "slash", "q", "q", "enter", "G", "k", "j", "g", "end", "home", "enter")
            assert names(shown) == []
            for key in "xstLeDR":
                await shown.press(key)
            await shown.press("space")
            reasons = {notice.partition(": ")[2] for notice in shown.notices}
            assert reasons == {"no run is under the cursor.", "no run matches the filter."}
            assert len(shown.app.screen_stack) == 1
        assert not folder.control.exists()


async def test_the_hidden_filter_never_has_the_focus(tmp_path: Path) -> None:
    """Textual focuses a widget of its own choice in a page that is opened without the focus."""
    async with terminal(runs_in(tmp_path, "first")) as shown:
        for key in ("4", "3"):
            await shown.press(key)
            shown.app.screen.set_focus(None)
            shown.app.screen._update_auto_focus()
            await shown.settle()
            assert shown.app.focused not in (None, shown.app.screen.query_one("#filter"))
