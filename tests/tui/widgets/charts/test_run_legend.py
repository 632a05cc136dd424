"""Legend of an overlay chart: columns, and runs without a curve."""

import shutil
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.tui.session.overlaid import Overlaid
from emnist_tui.tui.widgets.charts.overlay_chart import curve_style
from emnist_tui.tui.widgets.charts.run_legend import RunLegend
from tests.support.scripted_runs import write_run
from tests.support.widget_app import WidgetApp


def followed(folder: RunFolder | SweepFolder) -> Overlaid:
    overlaid = Overlaid(folder)
    overlaid.poll()
    overlaid.read(lambda: False)
    return overlaid


async def test_a_run_has_its_state_step_and_metrics(tmp_path: Path) -> None:
    legend = RunLegend([])
    app = WidgetApp(legend)
    async with app.run_test(size=(100, 10)) as pilot:
        followers = [followed(write_run(tmp_path, name, epochs=epochs)) for name, epochs in (("one", 1), ("two", 2))]
        legend.show(followers)
        await pilot.pause()
        heading, *lines = (line.lstrip("▸ ") for line in app.lines[1:-1])
        assert heading.split() == ["run", "state", "step", "loss", "accuracy", "test"]
        for number, (line, follower) in enumerate(zip(lines, followers, strict=True), 1):
            (record,) = follower.records
            evaluated = record.last_evaluation()
            assert record.current_loss
            assert record.current_accuracy
            assert evaluated
            assert line.split() == [
                *(str(number), "━━", follower.folder.name, "finished", str(number * 100)),
                f"{record.current_loss:.3f}",
                *(f"{record.current_accuracy * 100:.1f}", "%"),
                *(f"{evaluated.accuracy * 100:.2f}", "%"),
            ]
        for position, color in enumerate(curve_style(app, position).color for position in range(2)):
            assert any(segment.style and segment.style.color == color for segment in legend.render_line(position + 1))


@pytest.mark.parametrize(
    ("width", "headings"),
    [(60, ["run", "step", "loss", "accuracy", "test"]), (40, ["run", "loss", "test"]), (31, ["run", "test"])],
)
async def test_columns_that_do_not_fit_are_omitted_whole(tmp_path: Path, width: int, headings: list[str]) -> None:
    legend = RunLegend([])
    app = WidgetApp(legend)
    async with app.run_test(size=(width, 10)) as pilot:
        legend.show([followed(write_run(tmp_path, "baseline-1"))])
        await pilot.pause()
        assert app.lines[1].split() == headings


async def test_a_deleted_run_is_marked(tmp_path: Path) -> None:
    legend = RunLegend([])
    app = WidgetApp(legend)
    async with app.run_test(size=(100, 10)) as pilot:
        follower = followed(write_run(tmp_path))
        legend.show([follower])
        shutil.rmtree(follower.folder.path)
        legend.show([follower])
        await pilot.pause()
        assert app.lines[2].lstrip("▸ ").split()[3] == "gone"


async def test_runs_without_a_curve_are_named_in_the_border() -> None:
    app = WidgetApp(RunLegend(["seven", "e[b]ight"]))
    async with app.run_test(size=(100, 10)) as pilot:
        await pilot.pause()
        assert "too many for one chart: seven, e[b]ight" in app.text


async def test_a_run_is_chosen_and_hidden_by_keys(tmp_path: Path) -> None:
    legend = RunLegend([])
    app = LegendApp(legend)
    async with app.run_test(size=(100, 10)) as pilot:
        legend.show([followed(write_run(tmp_path, name)) for name in ("one", "two", "three")])
        legend.focus()
        await pilot.pause()
        assert chosen(app) == "one"
        for keys, name in (("down", "two"), ("j", "three"), ("j", "three"), ("k", "two"), ("up", "one"), ("up", "one")):
            await pilot.press(keys)
            assert chosen(app) == name
        await pilot.press("down")
        legend.toggle()
        await pilot.pause()
        assert app.hidden == [frozenset({1})]
        assert [line for line in app.lines if "╌╌" in line and "two" in line]
        legend.toggle()
        await pilot.pause()
        assert app.hidden[-1] == frozenset()
        assert "╌╌" not in app.text


async def test_a_click_hides_and_shows_a_run(tmp_path: Path) -> None:
    legend = RunLegend([])
    app = LegendApp(legend)
    async with app.run_test(size=(100, 10)) as pilot:
        legend.show([followed(write_run(tmp_path, name)) for name in ("one", "two")])
        await pilot.pause()
        await pilot.click(legend, offset=(12, 3))
        assert app.hidden == [frozenset({1})]
        assert chosen(app) == "two"
        await pilot.click(legend, offset=(12, 3))
        assert app.hidden[-1] == frozenset()
        await pilot.click(legend, offset=(12, 1))  # the headings
        await pilot.click(legend, offset=(12, 0))  # the border
        assert len(app.hidden) == 2


class LegendApp(WidgetApp):
    """Remembers what the legend reports."""

    def __init__(self, *widgets: RunLegend) -> None:
        super().__init__(*widgets)
        self.hidden: list[frozenset[int]] = []

    def on_run_legend_toggled(self, message: RunLegend.Toggled) -> None:
        self.hidden.append(message.hidden)


def chosen(app: WidgetApp) -> str:
    return next(line.split()[3] for line in app.lines if line.startswith("▸"))
