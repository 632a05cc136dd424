"""Names, formulas and values of scalings and orientations."""

import pytest
import torch

from emnist_tui.learning.inference.input_format import (
    NAMES,
    ORIENTATIONS,
    SCALINGS,
    InputFormat,
    Orientation,
    Scaling,
    parse,
)
from emnist_tui.learning.inference.recognition import convert, orient
from tests.support.rewritten_networks import LAID, SCALED

INK = torch.linspace(0, 1, 28 * 28, dtype=torch.float64).view(28, 28)


@pytest.mark.parametrize("name", SCALED)
def test_a_name_scales_as_people_do(name: str) -> None:
    scaling, orientation = parse(name)
    assert scaling is not None
    assert orientation is None
    torch.testing.assert_close(convert(INK, InputFormat(scaling)), SCALED[name](INK))


@pytest.mark.parametrize("name", LAID)
def test_an_orientation_lays_images_as_its_name_says_and_back(name: str) -> None:
    orientation = ORIENTATIONS[name]
    laid = orient(INK, orientation)
    assert torch.equal(laid, LAID[name](INK))
    assert torch.equal(orient(laid, orientation.inverse), INK)
    assert str(orientation) == name


@pytest.mark.parametrize("scaling", SCALINGS, ids=str)
def test_a_name_is_read_back_and_its_formula_is_true(scaling: Scaling) -> None:
    assert parse(str(scaling)) == (scaling, None)
    formula = scaling.formula.replace("255 ink", "255 * ink")
    for ink in (0.0, 0.25, 1.0):
        expected = scaling.factor * ink + scaling.offset
        assert eval(formula, {"ink": ink}) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("auto", (None, None)),
        ("transposed", (Scaling(), Orientation(transposes=True))),
        ("0.1307/0.3081", (Scaling(0.1307, 0.3081), None)),
        (" 0.1307,0.3081 ", (Scaling(0.1307, 0.3081), None)),
        ("1e-3/2", (Scaling(0.001, 2.0), None)),
        ("bytes-33.3/78.6", (Scaling(33.3, 78.6, is_bytes=True), None)),
        ("MNIST-Inverted", (Scaling(0.1307, 0.3081, is_inverted=True), None)),
        ("inverted-bytes-half-transposed", (Scaling(0.5, 0.5, True, True), Orientation(transposes=True))),
        ("transposed-unit", (Scaling(), Orientation(transposes=True))),
        ("-0.5/0.5", (Scaling(-0.5, 0.5), None)),
    ],
)
def test_words_combine_in_any_order(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_completed_name_is_read(name: str) -> None:
    parse(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "abc",
        "0.1/0",
        "0.1/-1",
        "nan/1",
        "1/nan",
        "inf/1",
        "1/inf",
        "1e-320/0.3",
        "0.5/1e-320",
        "0.5/1e300",
        "0.5",
        "0.1/0.2/0.3",
        "mnist-half",
        "mnist-0.1/0.2",
        "inverted-inverted",
        "transposed-mirrored",
        "bytes--x",
        "auto-unit",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(must be one of auto, unit|needs a finite mean)"):
        parse(text)
