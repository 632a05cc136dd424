"""An idle screen costs nothing."""

import asyncio
from pathlib import Path

import pytest
from textual.widget import Widget

from emnist_tui.tui.app import EmnistApp
from emnist_tui.tui.session.run_session import RunSession
from tests.support.recorded_runs import recorded_run
from tests.support.terminal import SCREENS, terminal


@pytest.mark.slow
@pytest.mark.parametrize("is_opened", [True, False])
async def test_an_idle_screen_repaints_no_widget(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_opened: bool
) -> None:
    folder = recorded_run(tmp_path)
    polls: list[None] = []
    repainted: list[Widget] = []
    poll, refresh = EmnistApp._poll, Widget.refresh

    def counted_poll(app: EmnistApp) -> None:
        polls.append(None)
        poll(app)

    def noted_refresh(widget: Widget, *regions: object, **options: object) -> Widget:
        repainted.append(widget)
        return refresh(widget, *regions, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(EmnistApp, "_poll", counted_poll)
    async with terminal(tmp_path, RunSession(folder) if is_opened else None, (120, 40)) as shown:
        await shown.until(lambda: len(shown.app._screen_stacks) == len(SCREENS), "all screens are made")
        for key, mode in SCREENS.items():
            await shown.press(key)
            await shown.until(lambda mode=mode: shown.app.current_mode == mode, mode)  # type: ignore[misc]
            await asyncio.sleep(1)  # toasts and what a new screen shows by and by
            with monkeypatch.context() as noting:
                noting.setattr(Widget, "refresh", noted_refresh)
                before = len(polls)
                await shown.until(lambda before=before: len(polls) >= before + 6, "it looked for news")  # type: ignore[misc]
            assert not repainted, (mode, repainted)
