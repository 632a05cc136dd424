"""The preview beside or below the list of runs."""

import math
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from emnist_tui.runs.curve_sample import Point
from emnist_tui.runs.listing import Entry
from emnist_tui.tui.widgets.runs.preview_facts import Preview
from emnist_tui.tui.widgets.runs.run_preview import RunPreview

CURVE = [Point(step, 2.3 / step, min(1.0, step / 60)) for step in range(1, 60)]


class PreviewApp(App[None]):
    def compose(self) -> ComposeResult:
        yield RunPreview()


def entry(**facts: str) -> Entry:
    return Entry("mine", Path("mine"), "run", 1.7e9, "finished", data="synthetic digits", **facts)  # type: ignore[arg-type]


async def lines(preview: Preview | None, size: tuple[int, int]) -> list[str]:
    async with PreviewApp().run_test(size=size) as pilot:
        widget = pilot.app.query_one(RunPreview)
        widget.show(preview)
        await pilot.pause()
        return [strip.text for strip in pilot.app.screen._compositor.render_strips()]


@pytest.mark.parametrize("size", [(40, 36), (60, 56), (80, 8), (118, 8), (30, 5), (4, 3), (2, 2)])
async def test_every_size_is_filled_without_overflow(size: tuple[int, int]) -> None:
    shown = await lines(Preview(entry(problem="a long problem " * 30), curve=CURVE), size)
    assert len(shown) == size[1]
    assert all(len(line) == size[0] for line in shown)


async def test_curves_are_below_the_facts_or_beside_them() -> None:
    tall = await lines(Preview(entry(), curve=CURVE), (40, 36))
    low = await lines(Preview(entry(), curve=CURVE), (80, 8))
    assert next(y for y, line in enumerate(tall) if "loss" in line) > next(
        y for y, line in enumerate(tall) if "last change" in line
    )
    assert "data" in low[1]
    assert "loss 0.039 … 2.300" in low[1]
    assert "accuracy 1.7 % … 98.3 %" in "".join(low)


async def test_a_curve_without_numbers_is_no_error() -> None:
    shown = await lines(Preview(entry(), curve=[Point(1, math.nan, math.nan)]), (40, 36))
    assert any("loss –" in line for line in shown)


async def test_nothing_selected_is_empty() -> None:
    assert not any(character.isalnum() for character in "".join(await lines(None, (40, 20))))
