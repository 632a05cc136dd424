"""Screen 4, Runs: the list of runs and checkpoints."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.launch import own_command
from emnist_tui.runs.listing import bare_checkpoint
from emnist_tui.tui.screens import runs
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.runs.run_table import RunTable
from tests.support.run_lists import names, rows, runs_in
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.terminal import PATIENCE, live_run, opened_checkpoint, terminal


async def test_runs_are_listed_before_checkpoints_newest_first(tmp_path: Path, no_details: Path) -> None:
    root = runs_in(tmp_path, "newest", "older", "oldest")
    for age, name in enumerate(("late.pt", "early.pt")):
        (root / name).touch()
        os.utime(root / name, (1_700_000_000 - age,) * 2)
    async with terminal(root) as shown:
        await shown.press("4")
        assert names(shown) == ["newest", "older", "oldest", "late.pt", "early.pt"]


async def test_a_row_shows_the_facts_of_a_run(tmp_path: Path) -> None:
    async with terminal(runs_in(tmp_path, "mine"), size=(200, 60)) as shown:
        await shown.press("4")
        expected = ["mine", "finished", "91.40 %", "synthetic", "0.01", "32", "3 of 3", "300", "0"]
        assert rows(shown) == [[*expected, "2023-11-14 22:13", "2023-11-14 22:13"]]


@pytest.mark.parametrize("size", [(60, 20), *slow([(80, 24), (120, 40)]), (200, 60)])
async def test_a_long_name_leaves_state_accuracy_and_data(tmp_path: Path, size: tuple[int, int]) -> None:
    root = runs_in(tmp_path, "sweep-" + "x" * 60 + "-lr-01", "sweep-" + "x" * 60 + "-lr-02")
    async with terminal(root, size=size) as shown:
        await shown.press("4")
        table = shown.app.screen.query_one(RunTable)
        assert table.virtual_size.width <= table.size.width
        for words in ("sweep-xxx", "…", "-lr-01", "-lr-02", "finished", "91.40 %", "synthetic"):
            assert words in shown.text


async def test_enter_opens_a_run(tmp_path: Path) -> None:
    async with terminal(runs_in(tmp_path, "first", "second")) as shown:
        await shown.press("4", "down", "enter")
        await shown.until(lambda: "1 Train" in shown.header and "second" in shown.header, "the run is shown")
        assert shown.app.current_mode == "train"
        assert "finished" in shown.header


async def test_a_click_selects_and_a_double_click_opens_a_run(tmp_path: Path) -> None:
    async with terminal(runs_in(tmp_path, "first", "second")) as shown:
        await shown.press("4")
        row = next(y for y, line in enumerate(shown.text.split("\n")) if "second" in line)
        await shown.pilot.click(offset=(8, row))
        await shown.settle()
        assert shown.app.screen.query_one(RunTable).cursor_row == 1
        assert shown.app.current_mode == "runs"
        await shown.pilot.double_click(offset=(8, row))
        await shown.until(lambda: "second" in shown.header, "the run is shown")
        assert shown.app.current_mode == "train"


async def test_enter_evaluates_a_bare_checkpoint(
    tmp_path: Path, no_details: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = runs_in(tmp_path, "run")
    (root / "kept.pt").touch()
    evaluated: list[Path] = []

    def evaluate(checkpoint: Path, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
        evaluated.append(checkpoint)
        return opened_checkpoint(tmp_path, checkpoint)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    async with terminal(root) as shown:
        await shown.press("4", "down", "enter")
        await shown.until(lambda: shown.app.current_mode == "confusion", "the matrix is shown")
        assert evaluated == [root / "kept.pt"]
        assert "kept.pt" in shown.header


async def test_the_list_shows_which_run_trains(tmp_path: Path) -> None:
    with live_run(tmp_path) as _:
        async with terminal(tmp_path) as shown:
            await shown.press("4")
            assert [row[:2] for row in rows(shown)] == [["scripted", "training"]]


async def test_the_cursor_stays_with_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise Enter would open another run than the one under the cursor."""
    monkeypatch.setattr(runs, "_LIST_EVERY", 0.05)
    root = runs_in(tmp_path, "first", "second")
    async with terminal(root) as shown:
        await shown.press("4", "down")
        write_run(root, "brand-new")
        await shown.until(lambda: names(shown)[0] == "brand-new", "the new run is listed")
        await shown.press("enter")
        await shown.until(lambda: "second" in shown.header, "the run is shown")


async def test_a_removed_run_leaves_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_LIST_EVERY", 0.05)
    root = runs_in(tmp_path, "first", "second")
    async with terminal(root) as shown:
        await shown.press("4", "down")
        (root / "second" / "run.json").unlink()
        await shown.until(lambda: names(shown) == ["first"], "the run is gone")
        await shown.press("enter")
        await shown.until(lambda: "first" in shown.header, "the other run is shown")


async def test_opening_a_removed_run_is_explained(tmp_path: Path) -> None:
    root = runs_in(tmp_path, "first")
    async with terminal(root) as shown:
        await shown.press("4")
        for file in (root / "first").iterdir():
            file.unlink()
        await shown.press("enter")
        await shown.until(lambda: shown.notices, "a message is shown")
        assert "holds no checkpoint" in shown.notices[0]


async def test_checkpoint_details_are_requested_and_shown(tmp_path: Path, answer_runs: Callable[[str], Path]) -> None:
    root = tmp_path / "runs"
    root.mkdir()
    (root / "kept.pt").touch()
    entry = {**bare_checkpoint(root / "kept.pt").to_json(), "model": "baseline", "epoch": 3, "data": "EMNIST digits"}
    requests = answer_runs(f"echo '{json.dumps([entry])}'")
    async with terminal(root, size=(200, 60)) as shown:
        await shown.press("4")
        await shown.shows("model       baseline", "EMNIST digits")
        assert requests.read_text() == " ".join([*own_command()[1:], "runs", "--json", "--checkpoints", f"{root}\n"])


async def test_a_slow_answer_is_awaited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer_runs: Callable[[str], Path]
) -> None:
    """The answer takes longer than the list's refresh; a new request each time would never be answered."""
    monkeypatch.setattr(runs, "_LIST_EVERY", 0.05)
    root = tmp_path / "runs"
    root.mkdir()
    (root / "kept.pt").touch()
    entry = {**bare_checkpoint(root / "kept.pt").to_json(), "model": "baseline"}
    requests = answer_runs(f"sleep 0.5\necho '{json.dumps([entry])}'")
    async with terminal(root, size=(120, 40)) as shown:
        await shown.press("4")
        await shown.shows("baseline")
        assert len(requests.read_text().splitlines()) == 1


@pytest.mark.parametrize("answer", ["exit 1", "echo nonsense", "echo '[1]'", "echo '[{}]'"])
async def test_a_useless_answer_does_not_change_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer_runs: Callable[[str], Path], answer: str
) -> None:
    monkeypatch.setattr(runs, "_LIST_EVERY", 0.05)
    root = tmp_path / "runs"
    root.mkdir()
    (root / "kept.pt").touch()
    requests = answer_runs(answer)
    async with terminal(root) as shown:
        await shown.press("4")
        await shown.until(lambda: not shown.app.workers, "the answer came")
        screen = shown.app.screen
        assert isinstance(screen, runs.RunsScreen)
        screen.list_entries()
        await shown.settle()
        assert names(shown) == ["kept.pt"]
        assert len(requests.read_text().splitlines()) == 1


async def test_quitting_ends_the_request_for_details(tmp_path: Path, answer_runs: Callable[[str], Path]) -> None:
    root = tmp_path / "runs"
    root.mkdir()
    (root / "kept.pt").touch()
    pid = tmp_path / "pid"
    answer_runs(f"echo $$ > {pid}\nexec sleep 60")
    async with terminal(root) as shown:
        await shown.press("4")
        await shown.until(lambda: pid.exists() and pid.read_text(), "it was asked")
    end = time.monotonic() + PATIENCE
    while exists(int(pid.read_text())):
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_an_empty_list_can_be_resized_and_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_LIST_EVERY", 0.05)
    async with terminal(tmp_path / "runs") as shown:
        await shown.press("4")
        for size in ((80, 24), (120, 40)):
            await shown.pilot.resize_terminal(*size)
            await shown.settle()
        runs_in(tmp_path, "first")
        await shown.until(lambda: names(shown) == ["first"], "the new run is listed")
        await shown.press("enter")
        await shown.until(lambda: shown.app.current_mode == "train", "the run is shown")


async def test_choices_about_a_file_hold_until_the_app_is_quit(
    tmp_path: Path, no_details: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = runs_in(tmp_path, "run")
    (root / "kept.pt").touch()
    chosen = ForeignWeights("ema", "mnist")
    evaluated: list[ForeignWeights] = []

    def evaluate(checkpoint: Path, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
        evaluated.append(foreign)
        return opened_checkpoint(tmp_path / str(len(evaluated)), checkpoint)

    monkeypatch.setattr(RunSession, "evaluate", evaluate)
    session = opened_checkpoint(tmp_path, root / "kept.pt")
    session.foreign = chosen
    async with terminal(root, session) as shown:
        await shown.press("4", "down", "enter")
        await shown.until(lambda: evaluated == [chosen], "the checkpoint is evaluated again by the same choices")
