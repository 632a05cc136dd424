"""Legibility of every word on every screen and dialog in the project's themes."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual.geometry import Region
from textual.theme import Theme

from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.theme import THEMES
from emnist_tui.tui.widgets.charts.overlay_chart import MOST_CURVES
from tests.support.contrast import contrast
from tests.support.scripted_runs import evaluation, write_run
from tests.support.seed_groups import write_events, write_group
from tests.support.terminal import SCREENS, Terminal, terminal

LEGIBLE = 4.5  # WCAG 2.2, success criterion 1.4.3

_DEFAULT, *_OTHERS = THEMES
in_every_theme = pytest.mark.parametrize(
    "theme",
    [_DEFAULT, *(pytest.param(theme, marks=pytest.mark.slow) for theme in _OTHERS)],
    ids=lambda theme: theme.name,
)


@in_every_theme
async def test_every_word_before_the_first_run_is_legible(tmp_path: Path, theme: Theme) -> None:
    async with themed(tmp_path, theme, None) as shown:
        texts = ("Each batch's loss", "Press n to train", "press n to train", "No runs in", "press n to train")
        for key, words in zip(SCREENS, texts, strict=True):
            await shown.press(key)
            await shown.shows(words)
            assert_legible(shown)


@in_every_theme
async def test_every_word_of_a_screen_is_legible(tmp_path: Path, theme: Theme) -> None:
    async with themed(tmp_path, theme, RunSession(write_run(tmp_path, "run-0"))) as shown:
        for key, word in zip(SCREENS, ("mean of", "Most confused", "Accuracy", "run-0", "weights"), strict=True):
            await shown.press(key)
            await shown.shows(word)
            assert_legible(shown)


@in_every_theme
async def test_every_word_about_several_runs_is_legible(tmp_path: Path, theme: Theme) -> None:
    async with themed(tmp_path, theme, RunSession(write_run(tmp_path, "run-0"))) as shown:
        for number in range(1, MOST_CURVES):
            evaluation(seed=number).save(write_run(tmp_path, f"run-{number}").path / "evaluation-epoch-003.npz")
        await shown.press("4")
        await shown.shows(f"run-{number}")
        await shown.press("m", "down", "m", "c")
        await shown.shows("Recall, B − A", "predicted as")
        assert_legible(shown)
        await shown.press("escape", *["down", "m"] * (MOST_CURVES - 2), "v")
        await shown.shows("Runs, mean of", f"{MOST_CURVES} ━━")
        assert_legible(shown)


@in_every_theme
@pytest.mark.parametrize("b", [{0: 0.96, 1: 0.97, 2: 0.98}, {0: 0.9, 1: 0.96, 2: 0.91}], ids=["better", "luck"])
async def test_every_word_about_groups_of_seeds_is_legible(tmp_path: Path, theme: Theme, b: dict[int, float]) -> None:
    for name, accuracies in (("first", {0: 0.95, 1: 0.955, 2: 0.96}), ("second", b)):
        write_events(write_group(tmp_path, name, accuracies))
    async with themed(tmp_path, theme, None) as shown:
        await shown.press("4")
        await shown.shows("first", "second")
        await shown.press("m", "down", "m", "c")
        await shown.shows("Paired t test", "◆")
        assert_legible(shown)
        await shown.press("escape", "v")
        await shown.shows("first (3 seeds)", "finished")
        assert_legible(shown)


@in_every_theme
async def test_every_word_of_a_dialog_is_legible(tmp_path: Path, theme: Theme) -> None:
    async with themed(tmp_path, theme, RunSession(write_run(tmp_path, "run-0"))) as shown:
        for key, word in {"n": "learning rate", "?": "Every key"}.items():
            await shown.press(key)
            await shown.until(lambda: shown.app.screen.is_modal, "a dialog is shown")
            await shown.shows(word)
            assert_legible(shown, shown.app.screen.query("Vertical, VerticalScroll").first().region)
            await shown.press("escape")


def test_the_measure_detects_faint_text() -> None:
    assert contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)
    assert contrast((120, 120, 120), (255, 255, 255)) < LEGIBLE < contrast((110, 110, 110), (255, 255, 255))


@asynccontextmanager
async def themed(root: Path, theme: Theme, opened: RunSession | None) -> AsyncIterator[Terminal]:
    async with terminal(root, opened, (120, 40)) as shown:
        shown.app.console._color_system = ColorSystem.TRUECOLOR
        shown.app.theme = theme.name
        yield shown


def assert_legible(shown: Terminal, region: Region | None = None) -> None:
    """Check a region; by default all but the last line, with its grayed keys."""
    found = set(texts(shown, region or shown.app.screen.region.shrink((0, 0, 1, 0))))
    assert len(found) > 3
    assert {(word, ratio) for word, ratio in found if ratio < LEGIBLE} == set()


def texts(shown: Terminal, region: Region) -> Iterator[tuple[str, float]]:
    """Yield texts with letters or digits in a region, and their contrast."""
    for strip in shown.app.screen._compositor.render_strips()[region.y : region.bottom]:
        for text, style, _ in strip.crop(region.x, region.right):
            if any(map(str.isalnum, text)) and style and style.color and style.bgcolor:
                yield text.strip(), contrast(style.color.get_truecolor(), style.bgcolor.get_truecolor())
