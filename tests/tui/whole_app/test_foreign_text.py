"""Text from outside the program: shown literally, never as markup or escape codes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from emnist_tui.runs.folder import RunFolder
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import evaluation, write_run
from tests.support.terminal import SCREENS, live_run, terminal

HOSTILE = "[b]x[/b] [/] \x1b]0;t\x07\x9b31m \u202edata [$accent]"
AS_SHOWN = "[b]x[/b] [/] \\x1b]0;t\\x07\\x9b31m \\u202edata [$accent]"


async def test_foreign_names_are_shown_literally(tmp_path: Path) -> None:
    name = "[red]a[b] \x1b[7m"
    folder = write_run(tmp_path, name)
    lines = [json.loads(line) for line in folder.events.read_text().splitlines()]
    lines[0]["data"] = HOSTILE
    lines[0]["model"] = "[i]m[/i]"
    folder.events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    async with terminal(tmp_path, RunSession(folder), (200, 24)) as shown:
        for key in SCREENS:
            await shown.press(key)
            for words in ("[red]a[b] \\x1b[7m", "[i]m[/i]", AS_SHOWN):
                assert words in shown.header
            assert "\x1b" not in shown.text
        await shown.press("4")
        # The list and the preview say them again, cut where they do not fit.
        await shown.until(lambda: shown.text.count(AS_SHOWN[:16]) == 3, "the list has the run")


ODD = "[/] \x1b[7m [b]odd[/b]"


def append(folder: RunFolder, event: str, **values: Any) -> None:
    with folder.events.open("a") as file:
        file.write(json.dumps({"event": event, "time": 1_700_000_009.0, **values}) + "\n")


async def test_a_foreign_wait_is_shown_literally(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        append(folder, "phase_started", phase=ODD)
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.shows("[/] \\x1b[7m [b]odd[/b] …")


async def test_a_foreign_failure_is_shown_literally(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ended=False)
    append(folder, "run_failed", error=ODD, hint="[/b]")
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.shows("[/] \\x1b[7m [b]odd[/b] [/b]", "failed")


async def test_a_foreign_split_is_shown_literally(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    append(folder, "evaluated", split=ODD, epoch=3, step=300, loss=0.1, accuracy=0.9, images=9, file="x")
    async with terminal(tmp_path, RunSession(folder), (200, 60)) as shown:
        await shown.press("L")
        await shown.shows("[/] \\x1b[7m [b]odd[/b]", "90.00 %")


async def test_the_split_of_an_evaluation_is_shown_literally(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    replace(evaluation(), split="[/] [b]odd").save(folder.path / "evaluation-epoch-003.npz")
    async with terminal(tmp_path, RunSession(folder), (120, 40)) as shown:
        await shown.press("2")
        await shown.shows("[/] [b]odd images")
