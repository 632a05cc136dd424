"""The themes; whole_app/test_contrast.py and test_color_blindness.py measure their colors on screens and by eyes."""

import pytest
from textual.app import App
from textual.color import Color
from textual.theme import Theme

from emnist_tui.tui.appearance import apply_settings
from emnist_tui.tui.settings import Settings
from emnist_tui.tui.theme import THEMES, accent
from tests.support.contrast import contrast

LEGIBLE = 4.5  # WCAG 2.2, success criterion 1.4.3


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_color_of_text_is_legible_on_the_background(theme: Theme) -> None:
    background = Color.parse(theme.background or "").rgb
    for ink in (theme.foreground, theme.primary, theme.accent, theme.success, theme.warning, theme.error):
        assert ink
        assert contrast(Color.parse(ink).rgb, background) >= LEGIBLE, ink


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_accent_for_rich_is_that_of_the_theme(theme: Theme) -> None:
    app = App[None]()
    apply_settings(app, Settings(theme=theme.name))
    for bold in (False, True):
        style = accent(app, bold=bold)
        assert style.color
        assert tuple(style.color.get_truecolor()) == Color.parse(theme.accent or "").rgb
        assert bool(style.bold) is bold
