"""The verdict about two groups of seeds, and their differences."""

from collections.abc import Mapping

import pytest

from emnist_tui.analysis.seed_comparison import SeedComparison
from emnist_tui.tui.widgets.seed_comparison import SeedDifferences, SeedVerdict
from tests.support.seed_groups import group
from tests.support.widget_app import WidgetApp

A = {0: 0.95, 1: 0.953, 2: 0.948, 3: 0.955, 4: 0.951}
BETTER = {0: 0.954, 1: 0.958, 2: 0.954, 3: 0.960, 4: 0.958}
LUCK = {0: 0.954, 1: 0.948, 2: 0.954, 3: 0.952, 4: 0.952}


async def verdict(found: SeedComparison, width: int = 80) -> list[str]:
    widget = SeedVerdict()
    async with WidgetApp(widget).run_test(size=(width, 30)) as pilot:
        widget.show(found)
        await pilot.pause()
        return widget.render().plain.split("\n")


async def differences(b: Mapping[int, float], width: int = 80) -> list[str]:
    widget = SeedDifferences()
    async with WidgetApp(widget).run_test(size=(width, 30)) as pilot:
        widget.show(SeedComparison(group("a", A), group("b", b)))
        await pilot.pause()
        lines = widget.render().plain.split("\n")
        assert widget.size.height == len(lines)
        assert max(map(len, lines)) <= widget.content_size.width
        return lines


async def test_both_means_and_the_answer_are_shown() -> None:
    lines = await verdict(SeedComparison(group("first", A), group("second", BETTER)))
    assert lines[0] == "A  first   95.14 ± 0.27 %  5 seeds  (95 %: 94.80–95.48 %)"
    assert " ".join(" ".join(lines[3:]).split()).startswith(
        "second is better than first (+0.54 points, 95 %: +0.40 to +0.68, p = 0.00045)."
    )
    assert "Paired t test over 5 seeds in common." in lines


async def test_a_narrow_window_leaves_the_interval_of_each_mean_out() -> None:
    lines = await verdict(SeedComparison(group("a-rather-long-name", A), group("b", BETTER)), 60)
    assert lines[0] == "A  a-rather-long-name  95.14 ± 0.27 %  n = 5"


async def test_one_seed_has_no_spread() -> None:
    lines = await verdict(SeedComparison(group("a", A), group("b", {0: 0.96})))
    assert lines[1] == "B  b  96.00 %  1 seed"
    assert "One seed shows no spread (b); train more seeds." in lines
    assert not any("t test" in line for line in lines)


async def test_names_are_shown_as_they_are() -> None:
    lines = await verdict(SeedComparison(group("[red]a", A), group("b\x1b", BETTER)))
    assert lines[0].startswith("A  [red]a")
    assert lines[1].startswith(r"B  b\x1b")


async def test_the_interval_is_a_bar_beside_zero() -> None:
    lines = await differences(BETTER)
    zero = lines[1].index("┊")
    assert zero < lines[1].index("├") < lines[1].index("◆") < lines[1].index("┤")
    assert [line.split()[:4] for line in lines[2:4]] == [
        ["0", "95.00", "95.40", "+0.40"],
        ["1", "95.30", "95.80", "+0.50"],
    ]
    assert all(zero < line.index("●") for line in lines[2:])


async def test_an_interval_around_zero_crosses_it() -> None:
    lines = await differences(LUCK)
    assert lines[1].index("├") < lines[1].index("┼") < lines[1].index("┤")
    assert lines[1].index("┼") == lines[2].index("┊")
    assert lines[3].index("●") < lines[3].index("┊")


async def test_seeds_of_one_group_have_no_difference() -> None:
    lines = await differences({10: 0.955, 11: 0.96})
    assert lines[1].split()[:4] == ["mean", "95.14", "95.75", "+0.61"]
    assert lines[-1].split()[:4] == ["11", "–", "96.00", "–"]


async def test_the_mean_is_that_of_the_paired_seeds() -> None:
    lines = await differences({0: 0.954, 1: 0.958, 9: 0.1})
    assert lines[1].split()[:4] == ["mean", "95.15", "95.60", "+0.45"]


@pytest.mark.parametrize("width", [20, 34, 44, 60, 200])
async def test_differences_fit_every_width(width: int) -> None:
    widget = SeedDifferences()
    async with WidgetApp(widget).run_test(size=(width, 30)) as pilot:
        widget.show(SeedComparison(group("a", A), group("b", LUCK)))
        await pilot.pause()
        assert ("●" in widget.render().plain) == (width >= 44)
