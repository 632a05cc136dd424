"""Drawing styles of digits in every color system and theme."""

import pytest
from rich.color import ColorSystem

from emnist_tui.tui.settings import DigitStyle
from emnist_tui.tui.widgets.digits.digit_detail import DigitDetail
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from tests.support.digit_app import DigitApp, mistake


@pytest.mark.parametrize("widget", [DigitGrid, DigitDetail])
@pytest.mark.parametrize(
    ("system", "is_colored"),
    [(ColorSystem.TRUECOLOR, True), (ColorSystem.EIGHT_BIT, False), (ColorSystem.STANDARD, False)],
)
async def test_half_blocks_need_truecolor(
    widget: type[DigitGrid | DigitDetail], system: ColorSystem, is_colored: bool
) -> None:
    shown = widget()
    app = DigitApp(shown, system)
    async with app.run_test(size=(80, 24)) as pilot:
        if isinstance(shown, DigitGrid):
            shown.show([mistake(0)])
        else:
            shown.show(mistake(0))
        await pilot.pause()
        assert "▀" not in "".join(app.rows())
        shown.style = DigitStyle.HALF_BLOCK
        await pilot.pause()
        assert ("▀" in "".join(app.rows())) is is_colored


async def test_half_blocks_are_dark_on_light_in_a_light_theme() -> None:
    detail = DigitDetail()
    detail.style = DigitStyle.HALF_BLOCK
    app = DigitApp(detail)
    async with app.run_test(size=(80, 24)) as pilot:
        detail.show(mistake(0))
        await pilot.pause()
        assert app.rows()
        dark = detail.render_line(0)._segments[0].style
        app.theme = "textual-light"
        await pilot.pause()
        light = detail.render_line(0)._segments[0].style
        assert dark is not None
        assert light is not None
        assert dark.bgcolor is not None
        assert light.bgcolor is not None
        assert (dark.bgcolor.get_truecolor().red, light.bgcolor.get_truecolor().red) == (0, 255)


@pytest.mark.parametrize("style", list(DigitStyle))
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_digits_are_drawn_without_colors(monkeypatch: pytest.MonkeyPatch, style: DigitStyle, theme: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for widget in (DigitGrid("empty"), DigitDetail("empty")):
        app = DigitApp(widget)
        async with app.run_test(size=(80, 24)) as pilot:
            app.theme = theme
            widget.style = style
            await pilot.pause()
            assert app.screen._compositor.render_strips()
            if isinstance(widget, DigitGrid):
                widget.show([mistake(position) for position in range(5)])
            else:
                widget.show(mistake(0))
            await pilot.pause()
            assert "4" in "".join(strip.text for strip in app.screen._compositor.render_strips())
