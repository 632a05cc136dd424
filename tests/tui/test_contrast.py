"""Every word of every screen can be read in the project's own themes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import ColorSystem
from textual.theme import Theme

from emnist_tui.tui.opened import Opened
from emnist_tui.tui.theme import THEMES
from tests.scripted import write_run
from tests.tui.contrast import contrast
from tests.tui.piloted import SCREENS, Terminal, terminal

LEGIBLE = 4.5  # WCAG 2.2, success criterion 1.4.3


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_every_word_is_legible(tmp_path: Path, theme: Theme) -> None:
    opened = Opened(write_run(tmp_path))
    async with terminal(tmp_path, opened, (120, 40)) as shown:
        shown.app.console._color_system = ColorSystem.TRUECOLOR
        shown.app.theme = theme.name
        for key, word in zip(SCREENS, ("mean of", "Most confused", "as measured", "scripted"), strict=True):
            await shown.press(key)
            await shown.shows(word)
            found = set(words(shown))
            assert len(found) > 20
            assert {(word, ratio) for word, ratio in found if ratio < LEGIBLE} == set()


def test_the_measure_tells_what_is_faint() -> None:
    assert contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)
    assert contrast((120, 120, 120), (255, 255, 255)) < LEGIBLE < contrast((110, 110, 110), (255, 255, 255))


def words(shown: Terminal) -> Iterator[tuple[str, float]]:
    """What has letters or digits, and its contrast; without the last line, whose greyed keys do nothing now."""
    for strip in shown.app.screen._compositor.render_strips()[:-1]:
        for text, style, _ in strip:
            if any(map(str.isalnum, text)) and style and style.color and style.bgcolor:
                yield text.strip(), contrast(style.color.get_truecolor(), style.bgcolor.get_truecolor())
