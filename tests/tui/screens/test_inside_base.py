"""Keys that the screens of insides share: grayed out, with a reason, until there is a view."""

from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.digit_sample import keep_sample_of
from emnist_tui.tui.availability import explain_key
from emnist_tui.tui.screens.inside_base import InsideBase
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.message_line import MessageLine
from emnist_tui.tui.widgets.network.body import NetworkBody
from tests.support.recorded_runs import recorded_run
from tests.support.scripted_runs import write_run
from tests.support.terminal import terminal
from tests.tui.session.test_inside_networks import of_ones_own

KEYS = ("v", "o", "c", "u", "tab", "left", "enter", "comma")


async def test_keys_wait_for_a_view(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("5")
        for key in KEYS:
            assert not shown.keys[key][1]
            assert "no network is shown yet" in explain_key(shown.app.screen, key)
            await shown.press(key)
        shown.app.open(RunSession(recorded_run(tmp_path)), "inside")
        await shown.shows("conv 1")
        assert all(shown.keys[key][1] for key in KEYS if key != "u")
        assert "no norms to fold" in explain_key(shown.app.screen, "u")


async def test_a_key_asks_for_the_file_that_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with terminal(tmp_path, of_ones_own(tmp_path, monkeypatch)) as shown:
        await shown.press("5")
        await shown.shows("not run unless you agree: press e")
        assert shown.keys["e"] == ("run_network", True)
        await shown.press("e")
        await shown.shows("Run this file?", "/net.py:Net")
        await shown.press("escape")
        await shown.shows("not run unless you agree: press e")
        shown.app.open(RunSession(recorded_run(tmp_path, "computed")), "inside")
        await shown.until(lambda: shown.keys["e"][0] != "run_network", "the key tests again")


async def test_no_process_starts_for_what_is_computed_here(tmp_path: Path) -> None:
    opened = RunSession(recorded_run(tmp_path))
    started = opened.record.started
    assert started
    keep_sample_of(started.fingerprint, np.zeros((30, 28, 28), np.uint8), np.zeros(30, np.int64))
    async with terminal(tmp_path, opened) as shown:
        await shown.press("5", *KEYS)
        screen = shown.app.screen_stack[0]
        assert isinstance(screen, InsideBase)
        assert screen.server._worker is None


@pytest.mark.parametrize(("kind", "has_rows"), [("warning", True), ("hint", False)])
async def test_a_warning_that_stays_hides_no_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, has_rows: bool
) -> None:
    monkeypatch.setattr("emnist_tui.tui.screens.base.notice_of", lambda *_: (kind, "Filter 0 died."))
    async with terminal(tmp_path, RunSession(recorded_run(tmp_path))) as shown:
        await shown.press("5")
        await shown.shows("conv 1", *["Filter 0 died."] * has_rows)
        body, line = shown.app.screen.query_one(NetworkBody), shown.app.screen.query_one(MessageLine)
        await shown.until(lambda: (body.region.bottom <= line.region.y) == has_rows, "the body makes room")
        assert ("Filter 0 died." in shown.text) == has_rows
