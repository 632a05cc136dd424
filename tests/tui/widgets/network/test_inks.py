"""Colors of maps in each kind of terminal."""

import pytest
from rich.color import ColorSystem
from textual.color import Color

from emnist_tui.tui.theme import THEMES
from emnist_tui.tui.widgets.network.inks import Depth, inks_of
from tests.support.inside_views import inks, themed_app

SYSTEMS = {
    ColorSystem.TRUECOLOR: Depth.TRUE,
    ColorSystem.EIGHT_BIT: Depth.CUBE,
    ColorSystem.STANDARD: Depth.NAMED,
    None: Depth.NONE,
}


@pytest.mark.parametrize(("system", "depth"), SYSTEMS.items())
def test_a_terminal_has_a_depth(system: ColorSystem, depth: Depth) -> None:
    assert inks(system).depth is depth


def test_without_colors_there_are_no_tints() -> None:
    app = themed_app()
    app.no_color = True
    assert not inks_of(app).has_tints
    assert not inks(is_ascii=True).has_tints


def brightness(color: Color) -> float:
    return 0.299 * color.r + 0.587 * color.g + 0.114 * color.b


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
def test_brightness_grows_with_the_level(theme: str, system: ColorSystem) -> None:
    app = themed_app(system, theme)
    colors, sign = inks_of(app), 1 if app.current_theme.dark else -1
    for ramp in (colors.ink, colors.ramp, (colors.ramp[0], *colors.positive), (colors.ramp[0], *colors.negative)):
        shades = [sign * brightness(color) for color in ramp]
        assert shades == sorted(shades)
        assert len(set(ramp)) == len(ramp)


def test_zero_is_in_the_middle_of_signed_colors() -> None:
    colors = inks()
    assert len(colors.signed) == 9
    assert colors.signed[4] == colors.ramp[0]
    assert len({*colors.signed}) == 9


def test_the_green_red_palette_replaces_blue_and_orange() -> None:
    app = themed_app()
    before = inks_of(app)
    app.add_class("-green-red")
    after = inks_of(app)
    assert after.positive != before.positive
    assert after.negative != before.negative
    assert after.ramp == before.ramp
    for right, wrong in (("positive", "negative"), ("true", "predicted")):
        assert after[right] != before[right]
        assert after[wrong] != before[wrong]
    assert after["true"].color == after["positive"].color


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
def test_the_terminals_own_colors_are_taken_as_they_are(theme: str) -> None:
    app = themed_app(ColorSystem.STANDARD, theme)
    assert inks_of(app)["quiet"].color is not None
