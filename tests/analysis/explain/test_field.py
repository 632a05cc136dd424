from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.field import Field, destination, receptive_field, uses
from emnist_tui.analysis.explain.sums import arithmetic
from emnist_tui.analysis.network.forward import examine, forward
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import Network, Pass
from tests.support.explained_networks import NETWORKS, Builder, digit, drawn, passed

PASSES = {name: passed(name) for name in NETWORKS}


@pytest.mark.parametrize("network", sorted(NETWORKS))
@pytest.mark.parametrize("seed", range(3))
def test_only_pixels_of_the_field_change_a_cell(network: str, seed: int) -> None:
    check_field(PASSES[network], seed)


def is_full(field: Field) -> bool:
    """Return whether every pixel of the box is in the field."""
    top, left, bottom, right = field.box
    return bool(field.mask.sum() == (bottom - top) * (right - left))


def check_field(found: Pass, seed: int) -> None:
    """Check that random pixels outside of the field change no cell, and that uses reach back."""
    generator = np.random.default_rng(seed)
    for name, value in found.values.items():
        cell = Cell(name, tuple(int(generator.integers(size)) for size in value.shape))
        mask = receptive_field(found, cell).mask
        noise = generator.integers(0, 256, (4, 28, 28), np.uint8)
        images = np.where(mask, found.image, noise).astype(np.uint8)
        changed = np.asarray([each[cell.index] for each in forward(found.network, images, np.float64)[name]])
        np.testing.assert_allclose(changed, value[cell.index], rtol=1e-9, atol=1e-12)


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_only_pixels_of_the_field_change_a_cell_of_any_network(seed: int) -> None:
    check_field(drawn(seed), seed)


def test_a_linear_path_depends_on_every_pixel_of_the_field() -> None:
    build = Builder(3)
    build.conv(1, 2, 3, stride=2, padding=1)
    kept = build.conv(2, 2, 3, groups=2, padding=2, dilation=2)
    inner = build.conv(2, 2, 1)
    build.add("add", kept, inner)
    name = build.pool("avg", padding=[0, 0])
    network = build.network()
    values = {key: value[0] for key, value in forward(network, digit()[None], np.float64).items()}
    found = Pass(network, digit(), values)
    for index in [(0, 0, 0), (1, 3, 2), (0, 6, 6)]:
        plain = forward(network, np.zeros((1, 28, 28), np.uint8), np.float64)[name][0][index]
        pixels = np.zeros((784, 28, 28), np.uint8)
        pixels.reshape(784, 784)[np.arange(784), np.arange(784)] = 255
        moved = np.abs(forward(network, pixels, np.float64)[name][:, *index] - plain).reshape(28, 28) > 1e-12
        np.testing.assert_array_equal(receptive_field(found, Cell(name, index)).mask, moved)


def test_the_field_of_a_convolution_is_a_box() -> None:
    field = receptive_field(PASSES["baseline"], Cell("n0", (0, 9, 13)))
    assert field.box == (9, 13, 14, 18)
    assert is_full(field)
    assert receptive_field(PASSES["baseline"], Cell("n7", (0,))).box == (0, 0, 28, 28)


def test_the_field_is_clipped_at_the_edge() -> None:
    assert receptive_field(PASSES["residual"], Cell("n0", (0, 0, 13))).box == (0, 24, 3, 28)


def test_an_unknown_operation_may_see_everything() -> None:
    graph = Graph((Node("odd", UNKNOWN, (INPUT,), {"type": "Fourier"}),))
    found = Pass(Network(graph, {}), digit(), {INPUT: np.zeros((1, 28, 28)), "odd": np.ones(10)})
    field = receptive_field(found, Cell("odd", (4,)))
    assert not field.is_known
    assert field.mask.all()


def test_a_cell_goes_to_the_pooled_cell_of_its_window() -> None:
    found = PASSES["baseline"]
    winner = arithmetic(found, Cell("n2", (1, 4, 6)))
    for position, place in enumerate(winner.terms[0].places.reshape(-1, 3)):
        goes = destination(found, Cell("n0", tuple(int(at) for at in place)))
        assert goes is not None
        assert goes.cells == (Cell("n2", (1, 4, 6)),)
        assert goes.won == (position == winner.winner,)


def test_what_is_not_pooled_has_no_destination() -> None:
    assert destination(PASSES["baseline"], Cell("n2", (1, 4, 6))) is None
    assert destination(PASSES["residual"], Cell("n2", (1, 4, 6))) is None


@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_uses_agree_with_the_terms_of_the_cells_that_use(network: str) -> None:
    found = PASSES[network]
    generator = np.random.default_rng(0)
    for name, value in found.values.items():
        cell = Cell(name, tuple(int(generator.integers(size)) for size in value.shape))
        for use in uses(found, cell):
            for listed in use.cells:
                field = [terms for terms in arithmetic(found, listed).terms if terms.source == name]
                if use.operation in ("layer_norm", "group_norm", "softmax", "log_softmax"):
                    continue  # by what they divide by
                places = [tuple(place) for terms in field for place in terms.places.reshape(-1, value.ndim).tolist()]
                assert not field or cell.index in places


def test_cells_of_a_convolution_are_counted() -> None:
    (use,) = uses(PASSES["baseline"], Cell("n2", (0, 5, 5)))
    assert (use.operation, use.count, use.cells) == ("conv", 4 * 9, ())


@pytest.mark.parametrize(
    ("operation", "settings", "index", "box"),
    [
        ("layer_norm", {"axes": 1}, (0, 5, 9), (5, 0, 6, 28)),
        ("layer_norm", {"axes": 2}, (0, 5, 9), (0, 0, 28, 28)),
        ("mean", {"axes": [1]}, (0, 7), (0, 7, 28, 8)),
        ("mean", {"axes": [-1], "keepdims": True}, (0, 7, 0), (7, 0, 8, 28)),
        ("flatten", {}, (30,), (1, 2, 2, 3)),
        ("relu", {}, (0, 7, 3), (7, 3, 8, 4)),
        ("concat", {"axis": 0}, (0, 7, 3), (7, 3, 8, 4)),
        ("softmax", {"axis": -1}, (0, 7, 3), (0, 0, 28, 28)),
    ],
)
def test_the_field_of_one_operation_is_exact(
    operation: str, settings: dict[str, Any], index: tuple[int, ...], box: tuple[int, int, int, int]
) -> None:
    build = Builder(0)
    name = build.add(operation, **settings)
    field = receptive_field(examine(build.network(), digit()), Cell(name, index))
    assert field.box == box
    assert is_full(field)
