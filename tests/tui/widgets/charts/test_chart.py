"""Live chart: its frames, legend and repaints."""

from dataclasses import replace

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from emnist_tui.tui.widgets.charts import chart as chart_module
from emnist_tui.tui.widgets.charts.axes import ACCURACY, LOSS, Axis
from emnist_tui.tui.widgets.charts.chart import Chart
from emnist_tui.tui.widgets.charts.chart_data import ChartData
from emnist_tui.tui.widgets.charts.steps import View, Window

SIZES = [(80, 24), (120, 40), (200, 60), (30, 8), (12, 5), (3, 2)]


def falling(steps: int, *, total: int = 10_125, marks: int = 0) -> ChartData:
    """Return a loss that falls from 2.3 to 0.1."""
    x = np.arange(1.0, steps + 1)
    smooth = 0.1 + 2.2 * np.exp(-x / 300)
    noise = np.random.default_rng(0).normal(1, 0.2, steps)
    ends = np.linspace(total / 3, total, 3)[:marks]
    evaluated = np.column_stack((ends, np.full(len(ends), 0.3)))
    return ChartData(x, smooth * noise, smooth, evaluated, ends, total)


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(chart_module, "time", made)
    return made


class ChartApp(App[None]):
    def __init__(self, axis: Axis = LOSS) -> None:
        super().__init__()
        self.chart = Chart("Loss", axis, "Press n to start a run")
        self.repainted: list[Region] = []

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        refresh = self.chart.refresh

        def recording(*regions: Region, **options: bool) -> Chart:
            self.repainted.extend(regions or [self.chart.size.region])
            return refresh(*regions, **options)

        self.chart.refresh = recording  # type: ignore[method-assign]

    def rows(self) -> list[str]:
        """Return the rows inside the border."""
        return [self.chart.render_line(y).text for y in range(self.chart.size.height)]

    def dots(self) -> int:
        """Count the cells with batches."""
        inks = [self.chart.get_component_rich_style(f"chart--{name}").color for name in ("few", "some", "many")]
        return sum(
            sum("⠀" < sign <= "⣿" for sign in segment.text)
            for y in range(self.chart.size.height)
            for segment in self.chart.render_line(y)
            if segment.style and segment.style.color in inks
        )

    def painted_colors(self, characters: tuple[str, str] = ("⠀", "⣿")) -> set[str]:
        """Return the colors of the characters in a range."""
        low, high = characters
        return {
            str(segment.style.color)
            for y in range(self.chart.size.height)
            for segment in self.chart.render_line(y)
            if segment.style and any(low <= sign <= high for sign in segment.text)
        }


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("steps", [0, 1, 2, 10_125])
async def test_every_row_fills_the_width_at_any_size(size: tuple[int, int], steps: int) -> None:
    app = ChartApp()
    async with app.run_test(size=size) as pilot:
        app.chart.show(falling(steps, marks=3))
        await pilot.pause()
        assert all(app.chart.render_line(y).cell_length == app.chart.size.width for y in range(app.chart.size.height))


async def test_batches_mean_evaluations_and_labels_are_drawn() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(10_125, marks=3))
        await pilot.pause()
        text = "\n".join(app.rows())
        assert text.count("◆") == 3
        assert len(app.painted_colors()) == 4
        assert "10,000" in text
        assert "0.5" in text
        assert app.chart.border_title == "Loss"
        subtitle = app.chart._border_subtitle
        assert subtitle is not None
        assert subtitle.plain == "⠿ batches   ━ mean of 100 0.100   ◆ test 0.300"


async def test_every_batch_is_a_dot_or_marked_at_the_edge() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        x = np.array([100.0, 200.0, 300.0, 400.0])
        app.chart.show(
            ChartData(x, np.array([0.1, 1.0, 2.0, 99.0]), np.full(4, 2.2), np.empty((0, 2)), total_steps=500)
        )
        await pilot.pause()
        assert app.dots() == 3
        assert "".join(app.rows()).count("▲") == 1
        assert "▲" in app.rows()[0]


@pytest.mark.parametrize(("accuracy", "row"), [(0.0, -3), (1.0, 0)])
async def test_the_best_and_the_worst_accuracy_are_near_the_edges(accuracy: float, row: int) -> None:
    app = ChartApp(ACCURACY)
    async with app.run_test(size=(80, 24)) as pilot:
        x, y = np.arange(1.0, 501), np.full(500, accuracy)
        app.chart.show(ChartData(x, y, y, np.array([[250.0, accuracy]]), total_steps=500))
        await pilot.pause()
        rows = app.rows()
        drawn = [place for place, text in enumerate(rows) if sum("⠀" < sign <= "⣿" for sign in text) > 50]
        assert drawn
        assert all(abs(place - row % len(rows)) <= 3 for place in drawn)


async def test_a_chart_without_data_shows_its_hint() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert any("Press n to start a run" in row for row in app.rows())
        app.chart.show(falling(100))
        await pilot.pause()
        assert not any("Press n" in row for row in app.rows())
        app.chart.show(None)
        await pilot.pause()
        assert any("Press n" in row for row in app.rows())
        assert app.chart._border_subtitle is not None
        assert app.chart._border_subtitle.plain == ""


async def test_values_that_are_not_finite_are_omitted() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 20)) as pilot:
        x = np.arange(1.0, 6.0)
        y = np.array([1.0, np.nan, np.inf, -np.inf, 1.0])
        app.chart.show(ChartData(x, y, np.ones(5), np.array([[3.0, np.nan]]), np.array([np.nan]), 5))
        await pilot.pause()
        assert "◆" not in "".join(app.rows())
        assert any("⠀" < sign <= "⣿" for sign in "".join(app.rows()))
        app.chart.show(ChartData(x, np.full(5, np.nan), np.full(5, np.nan), np.empty((0, 2))))
        await pilot.pause()
        assert any("Press n" in row for row in app.rows())


async def test_unchanged_data_repaints_nothing() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(3_000))
        await pilot.pause()
        app.repainted.clear()
        app.chart.show(falling(3_000))
        assert app.repainted == []


async def test_new_data_repaints_only_the_rows_that_differ() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(3_000))
        await pilot.pause()
        before = app.rows()
        app.repainted.clear()
        app.chart.show(falling(3_200))
        rows = {region.y for region in app.repainted}
        assert all(region.height == 1 for region in app.repainted)
        assert {y for y, (old, new) in enumerate(zip(before, app.rows(), strict=True)) if old != new} <= rows
        assert len(rows) < app.chart.size.height / 2
        await pilot.pause()
        assert app.screen._compositor.render_strips()


async def test_a_new_value_updates_the_legend(clock: Clock) -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(1_000))
        await pilot.pause()
        clock.now += 0.3
        app.chart.show(falling(1_200))
        await pilot.pause()
        shown = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "mean of 100 0.140" in shown
        assert "mean of 100 0.178" not in shown


async def test_later_changes_of_the_arrays_have_no_effect() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        data = falling(1_000)
        app.chart.show(data)
        await pilot.pause()
        before = app.rows()
        data.y[:] = 0
        data.smooth[:] = 0
        data.marks[:] = 0
        app.chart.notify_style_update()
        assert app.rows() == before


async def test_size_and_theme_changes_redraw_the_chart() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(1_000))
        await pilot.pause()
        dark = app.painted_colors()
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        assert len(app.rows()) == 10
        assert app.painted_colors() & dark
        app.theme = "textual-light"
        await pilot.pause()
        assert len(app.painted_colors() & dark) <= 1  # the accent


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_the_chart_draws_without_colors(monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = theme
        await pilot.pause()
        app.chart.show(falling(1_000, marks=1))
        await pilot.pause()
        assert app.screen._compositor.render_strips()
        await pilot.resize_terminal(12, 5)
        await pilot.pause()
        assert app.screen._compositor.render_strips()


@pytest.mark.parametrize(("epochs", "are_drawn"), [(3, True), (12, True), (40, False)])
async def test_epoch_lines_are_omitted_where_dense(epochs: int, are_drawn: bool) -> None:
    few = falling(1000, total=1000)
    ends = np.linspace(1000 / epochs, 1000, epochs)
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(ChartData(few.x, few.y, few.smooth, few.marks, ends, 1000))
        await pilot.pause()
        inside = [row[8:] for row in app.rows()[:-2]]
        assert any("│" in row for row in inside) is are_drawn


async def test_the_line_grows_with_every_frame_and_the_batches_once_a_second(clock: Clock) -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(5_000))
        await pilot.pause()
        before = app.dots()
        rows = app.rows()
        clock.now += 0.5
        app.chart.show(falling(5_600))
        assert app.dots() <= before
        assert app.rows() != rows
        newest = falling(5_700)
        clock.now += 0.6
        app.chart.show(newest)
        after = app.dots()
        assert after > before
        clock.now += 0.5
        last = falling(6_000)
        app.chart.show(last)
        assert app.dots() <= after
        clock.now += 0.6
        app.chart.show(last)  # training has ended: the same data, now complete
        assert app.dots() > after


async def test_the_legend_holds_a_value_long_enough_to_read(clock: Clock) -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)):
        app.chart.show(falling(1_000))
        first = app.chart._legend.plain
        clock.now += 0.1
        data = falling(1_100)
        app.chart.show(data)
        assert app.chart._legend.plain == first
        clock.now += 0.2
        app.chart.show(data)
        assert app.chart._legend.plain != first


@pytest.mark.parametrize("axis", [LOSS, ACCURACY])
async def test_a_checkpoint_has_neither_batches_nor_a_mean_in_its_legend(axis: Axis) -> None:
    app = ChartApp(axis)
    async with app.run_test(size=(48, 10)) as pilot:
        nothing = np.empty(0)
        app.chart.show(ChartData(nothing, nothing, nothing, np.array([[0.0, 0.9339]])))
        await pilot.pause()
        assert app.chart._legend.plain in ("◆ test 0.934", "◆ test 93.39 %")
        assert app.chart._legend.plain in "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "◆" in "".join(app.rows())


async def test_a_legend_is_never_cut() -> None:
    app = ChartApp(ACCURACY)
    async with app.run_test(size=(90, 10)) as pilot:
        app.chart.show(replace(falling(1_000, marks=3), marked="validation", grain=1 / 32))
        lengths = set()
        for width in range(90, 10, -3):
            await pilot.resize_terminal(width, 10)
            await pilot.pause()
            assert "…" not in "".join(strip.text for strip in app.screen._compositor.render_strips())
            lengths.add(len(app.chart._legend.plain))
        assert len(lengths) > 4


@pytest.mark.parametrize("axis", [LOSS, ACCURACY])
async def test_any_values_can_be_shown_in_any_view(axis: Axis) -> None:
    app = ChartApp(axis)
    async with app.run_test(size=(60, 16)):
        for y in ([0.0], [0.0] * 3, [0.7], [1e-300, 1e300], [5e-324, 1.0], [-1.0, -2.0], [1e15, 2.0], [np.nan, 1.0]):
            for view in (View(window, is_log=is_log) for window in Window for is_log in (False, True)):
                app.chart.look(view)
                for first in (0.0, 1.0, 5e8):
                    app.chart.show(None)
                    steps, values = first + np.arange(len(y), dtype=np.float64), np.array(y)
                    app.chart.show(ChartData(steps, values, values, np.array([[first, y[0]]]), total_steps=int(first)))
                    assert all(len(row) == app.chart.size.width for row in app.rows())


async def test_a_checkpoint_at_step_zero_is_drawn_on_a_logarithmic_axis() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 16)) as pilot:
        app.chart.look(View(Window.HALF, is_log=True))
        nothing = np.empty(0)
        app.chart.show(ChartData(nothing, nothing, nothing, np.array([[0.0, 0.5]])))
        await pilot.pause()
        assert "◆" in "".join(app.rows())


async def test_forty_epochs_have_shades_of_gray() -> None:
    app = ChartApp()
    async with app.run_test(size=(120, 24)) as pilot:
        random = np.random.default_rng(0)
        x = np.arange(10.0, 300_001.0, 10.0)
        app.chart.show(ChartData(x, random.gamma(100.0, 0.002, len(x)), np.full(len(x), 0.2), np.empty((0, 2))))
        await pilot.pause()
        assert len(app.painted_colors()) == 4  # three grays and the line


async def test_a_window_shows_the_newest_steps_and_is_named() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(10_125))
        await pilot.pause()
        assert app.rows()[-1].split()[0] == "0"
        app.chart.look(View(Window.TENTH))
        await pilot.pause()
        assert str(app.chart.border_title) == "Loss · last tenth"
        labels = [int(label.replace(",", "")) for label in app.rows()[-1].split()]
        assert labels[0] >= 9_000
        assert labels[-1] <= 10_500
        app.chart.look(View(is_log=True))
        await pilot.pause()
        assert str(app.chart.border_title) == "Loss · log scale"
        assert {"0.1", "1"} <= {row.split("┤")[0].strip() for row in app.rows()}


async def test_only_the_loss_has_a_logarithmic_axis() -> None:
    app = ChartApp(ACCURACY)
    async with app.run_test(size=(80, 24)):
        app.chart.look(View(is_log=True))
        assert str(app.chart.border_title) == "Loss"


async def test_density_is_visible_in_plain_ascii() -> None:
    app = ChartApp()
    app.is_ascii_only = True  # type: ignore[attr-defined]
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(10_125))
        await pilot.pause()
        assert set(".:%") <= set("".join(app.rows()))


async def test_a_changed_learning_rate_is_marked_and_stays_at_its_step_when_zoomed(clock: Clock) -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)):
        data = falling(1000, total=1000)
        app.chart.show(data)
        before = "\n".join(app.rows())
        assert "┊" not in before
        clock.now += 10
        app.chart.show(replace(data, rates=np.array([(400.0, 0.02), (900.0, 0.0005)])))
        after = app.rows()
        assert any("0.02" in row and "0.0005" in row for row in after)
        assert len({column for row in after for column, sign in enumerate(row) if sign == "┊"}) == 2
        app.chart.look(View(Window.TENTH, is_log=True))
        zoomed = app.rows()
        assert len({column for row in zoomed for column, sign in enumerate(row) if sign == "┊"}) <= 1
        app.chart.look(View(Window.HALF))
        half = app.rows()
        assert any("0.0005" in row for row in half)
        assert not any("0.02" in row for row in half)


async def test_a_change_repaints_only_the_rows_that_it_changes(clock: Clock) -> None:
    app = ChartApp()
    async with app.run_test(size=(120, 40)) as pilot:
        data = falling(1000, total=1000)
        app.chart.show(data)
        await pilot.pause()
        app.repainted.clear()
        app.chart.show(replace(data, rates=np.array([(400.0, 0.02)])))
        assert app.repainted
        assert all(region.height == 1 for region in app.repainted)


async def test_the_legend_says_what_a_point_is_the_mean_of() -> None:
    app = ChartApp()
    async with app.run_test(size=(110, 24)) as pilot:
        data = replace(falling(10_125, marks=3), stride=64, window=1, is_sampled=True)
        app.chart.show(data)
        await pilot.pause()
        subtitle = app.chart._border_subtitle
        assert subtitle is not None
        assert subtitle.plain == "⠿ some means of 64 batches   ━ mean of 64 0.100   ◆ test 0.300"


async def test_the_step_of_a_replay_is_marked_with_the_mean_there() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.chart.show(falling(3000))
        app.chart.mark(1500)
        await pilot.pause()
        assert "step 1,500 · 0.115" in "\n".join(app.rows())
        app.repainted.clear()
        app.chart.mark(1500)
        assert app.repainted == []
        app.chart.mark(None)
        await pilot.pause()
        assert "step 1,500" not in "\n".join(app.rows())
