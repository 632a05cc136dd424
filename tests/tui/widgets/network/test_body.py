"""Body: every size, network, view and terminal; what a change draws again; clicks."""

from dataclasses import replace

import numpy as np
import pytest
from rich.color import ColorSystem
from textual.geometry import Region, Size
from textual.widget import Widget

from emnist_tui.analysis.network.graph import UNKNOWN, Graph, Node
from emnist_tui.analysis.network.layers import layers_of
from emnist_tui.analysis.network.network import Network
from emnist_tui.tui.widgets.network.body import NetworkBody, draw_view
from emnist_tui.tui.widgets.network.layout import Kind
from emnist_tui.tui.widgets.network.messages import CellChosen
from emnist_tui.tui.widgets.network.view import Cursor, InsideView, Shown, Timeline
from tests.support.inside_views import brush_of, inks, is_drawn_over, text_of, view_of
from tests.support.networks_in_numpy import NETWORKS
from tests.support.widget_app import WidgetApp

SIZES = [(60, 16), (80, 20), (80, 21), (100, 28), (120, 35), (200, 55)]
TIMELINE = Timeline(range(0, 22_575, 75), 30, [8] * 100 + [2] * 201, 4.0)


def full(name: str, cursor: Cursor, shown: Shown = Shown.VALUES) -> InsideView:
    network = NETWORKS[name]()
    before = view_of(NETWORKS[name](1)).passed
    return view_of(
        network, cursor, shown=shown, before=before, before_name="epoch 1", timeline=TIMELINE,
        occlusion=np.linspace(-1, 1, 784).reshape(28, 28),
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_overlaps_at_any_size_in_any_layer(name: str, size: tuple[int, int]) -> None:
    for layer in range(len(view_of(NETWORKS[name]()).layers) + 1):
        brush = brush_of(full(name, Cursor(layer, None, 3, 5, 5)), *size)
        draw_view(brush)
        assert not is_drawn_over(brush), text_of(brush)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shown", Shown)
def test_every_view_fits(shown: Shown, size: tuple[int, int]) -> None:
    for layer in range(4):
        brush = brush_of(full("baseline", Cursor(layer, None, 1, 5, 5), shown), *size)
        draw_view(brush)
        assert not is_drawn_over(brush), text_of(brush)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NETWORKS)
def test_two_networks_fit(name: str, size: tuple[int, int]) -> None:
    other = view_of(NETWORKS[name](1)).passed
    for layer in range(len(view_of(NETWORKS[name]()).layers) + 1):
        view = replace(full(name, Cursor(layer, None, 3, 5, 5)), other=other, names=("first", "second"))
        brush = brush_of(view, *size)
        draw_view(brush)
        assert not is_drawn_over(brush), text_of(brush)


@pytest.mark.parametrize("colors", [inks(system) for system in ColorSystem] + [inks(is_ascii=True)])
def test_every_terminal_has_an_order_of_cells(colors: object) -> None:
    brush = brush_of(full("baseline", Cursor(0, None, 1, 5, 5)), 120, 37, colors)  # type: ignore[arg-type]
    assert draw_view(brush).kind is Kind.WHOLE
    assert not is_drawn_over(brush)


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (40, 12), (72, 18), (112, 34)])
def test_small_spaces_are_drawn(size: tuple[int, int]) -> None:
    for layer in range(4):
        brush = brush_of(full("baseline", Cursor(layer)), *size)
        draw_view(brush)
        assert not is_drawn_over(brush), text_of(brush)


@pytest.mark.parametrize("shape", [(2, 24, 24), (7, 16), (3,), (2, 3, 4, 5), ()])
@pytest.mark.parametrize("size", SIZES)
def test_unknown_operations_are_shown_as_values(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    known = view_of()
    nodes = list(known.passed.network.graph.nodes)
    nodes[-1] = Node("layers.7", UNKNOWN, ("layers.1",), {"type": "Waves\x1b[2J"})
    nodes[1] = Node("layers.1", UNKNOWN, ("layers.0",), {"type": "Waves\x1b[2J"})
    values = dict(known.passed.values)
    if len(shape) != 3:
        nodes, values["layers.1"] = [*nodes[:2], nodes[-1]], np.ones(shape)
    graph = Graph(tuple(nodes))
    passed = replace(known.passed, network=Network(graph, known.passed.network.weights), values=values, gradients={})
    for layer in range(3):
        view = replace(known, passed=passed, layers=layers_of(graph), cursor=Cursor(layer, 1, 1, 1, 1))
        brush = brush_of(view, *size)
        draw_view(brush)
        assert not is_drawn_over(brush), text_of(brush)
        assert "\x1b" not in text_of(brush)


@pytest.mark.parametrize("size", SIZES)
def test_numbers_that_are_not_finite_are_drawn(size: tuple[int, int]) -> None:
    view = view_of()
    for values in view.passed.values.values():
        values[...] = np.nan
    for layer in range(4):
        brush = brush_of(replace(view, cursor=Cursor(layer)), *size)
        draw_view(brush)
        assert not is_drawn_over(brush), text_of(brush)


class Shows(WidgetApp):
    """One body, and the messages that it posted."""

    def __init__(self, body: Widget) -> None:
        super().__init__(body)
        self.chosen: list[tuple[int, int]] = []

    def on_cell_chosen(self, message: CellChosen) -> None:
        self.chosen.append((message.row, message.column))


async def test_a_click_on_the_large_map_chooses_a_cell() -> None:
    body = NetworkBody()
    app = Shows(body)
    async with app.run_test(size=(80, 21)) as pilot:
        body.show(view_of())
        await pilot.pause()
        await pilot.click(body, offset=(14, 12))
        await pilot.pause()
        assert app.chosen == [(6, 13)]


async def test_only_rows_that_change_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    body = NetworkBody()
    async with WidgetApp(body).run_test(size=(80, 21)) as pilot:
        view = view_of(None, Cursor(0, None, 0, 9, 13), timeline=TIMELINE)
        body.show(view)
        await pilot.pause()
        drawn: list[int] = []

        def refresh(*regions: Region) -> None:
            drawn.extend(region.y for region in regions)

        monkeypatch.setattr(body, "refresh", refresh)
        body.show(view_of(None, Cursor(0, None, 0, 9, 13), timeline=TIMELINE))
        assert drawn == []
        later = Timeline(TIMELINE.steps, 200, TIMELINE.predicted, 4.0)
        body.show(view_of(None, Cursor(0, None, 0, 9, 13), timeline=later))
        assert drawn == [20]


async def test_an_empty_body_shows_its_hint() -> None:
    body = NetworkBody("No network yet.")
    app = WidgetApp(body)
    async with app.run_test(size=(80, 21)) as pilot:
        assert app.lines == ["No network yet."]
        body.explain_empty("Waiting for weights.")
        await pilot.pause()
        assert app.lines == ["Waiting for weights."]
        body.show(view_of())
        await pilot.pause()
        assert "predicted as" in app.text
        body.show(None)
        await pilot.pause()
        assert app.lines == ["Waiting for weights."]


async def test_every_line_is_as_wide_as_the_widget() -> None:
    body = NetworkBody()
    async with WidgetApp(body).run_test(size=(120, 37)) as pilot:
        body.show(full("baseline", Cursor(0, None, 1, 5, 5)))
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert body.size == Size(100, 30)
        assert {body.render_line(y).cell_length for y in range(30)} == {100}
