"""`emnist-tui explain`: drawings, JSON, arrays and refusals."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.runs.folder import RunFolder
from emnist_tui.text.ascii_art import ascii_art
from tests.support.call import Call, check_refused
from tests.support.project import SHIPPED_CHECKPOINT


@pytest.fixture
def explained(copied: RunFolder) -> tuple[str, ...]:
    """Return the arguments that explain the first test digit of the trained run."""
    return ("explain", "first", "--index", "0")


def test_a_digit_is_drawn_with_the_reasons(call: Call, explained: tuple[str, ...]) -> None:
    result, found = call(*explained), call(*explained, "--json").json
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0].startswith(f"#0 of test  true {found['true']}  predicted ")
    art = ascii_art(np.array(found["pixels"], np.uint8))
    assert [line[:28].rstrip() for line in lines[2:16]] == [line.rstrip() for line in art]
    for title in (f"why {found['predicted']}, not {found['against']}", "nearest change", "layers"):
        assert title in lines
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in result.out


def test_the_parts_of_the_lead_add_up(call: Call, explained: tuple[str, ...]) -> None:
    found = call(*explained, "--json").json
    shares = found["shares"]
    logits = found["logits"]
    assert found["lead"] == logits[found["predicted"]] - logits[found["against"]]
    assert sum(shares["by_map"]) + shares["bias"] == pytest.approx(found["lead"])
    assert np.sum(shares["products"]) + shares["bias"] == pytest.approx(found["lead"])
    printed = call(*explained).out
    parts = [float(text) for text in re.findall(r"^(?:map \d|bias)\s+([+-]\d+\.\d\d)", printed, re.MULTILINE)]
    total = float(re.findall(r"^\d over \d\s+([+-]\d+\.\d\d)", printed, re.MULTILINE)[0])
    assert sum(parts) == pytest.approx(total, abs=1e-9)


def test_json_of_another_class(call: Call, explained: tuple[str, ...]) -> None:
    predicted = call(*explained, "--json").json["predicted"]
    other = (predicted + 3) % 10
    found = call(*explained, "--json", "--class", other).json
    assert found["against"] == other
    check_refused(call(*explained, "--class", predicted), 2, f"predicted as {predicted}", "another --class")


def test_arrays_are_written_once(call: Call, explained: tuple[str, ...]) -> None:
    result = call(*explained, "--arrays", "all.npz", "--json")
    assert result.code == 0
    assert "arrays to all.npz" in result.err
    with np.load("all.npz", allow_pickle=False) as arrays:
        names = set(arrays)
        assert {"image", "logits", "value/input", "value/layers.0", "gradient/layers.5", "weight/layers.7.bias"} < names
        assert {"weight_gradient/layers.0.weight", "occlusion", "input_gradient", "share", "graph"} < names
        np.testing.assert_array_equal(arrays["logits"], result.json["logits"])
        np.testing.assert_array_equal(arrays["value/layers.7"], result.json["logits"])
        np.testing.assert_array_equal(arrays["image"], result.json["pixels"])
    before = Path("all.npz").read_bytes()
    check_refused(call(*explained, "--arrays", "all.npz"), 2, "all.npz already exists", "--arrays")
    assert Path("all.npz").read_bytes() == before
    check_refused(call(*explained, "--arrays", "none/all.npz"), 1, "none/all.npz cannot be written")


@pytest.mark.parametrize("layer", ["conv-2", "layers.3"])
def test_the_arithmetic_of_a_cell_closes_as_printed(call: Call, explained: tuple[str, ...], layer: str) -> None:
    result = call(*explained, "--cell", f"{layer}:2:4,5")
    assert result.code == 0
    products = [float(text) for text in re.findall(r"= +([+-]\d+\.\d{4})$", result.out, re.MULTILINE)]
    bias, total = (
        float(re.findall(rf"^{word} +([+-][\d.]+)$", result.out, re.MULTILINE)[0]) for word in ("bias", "sum")
    )
    assert len(products[1:]) == 18
    assert sum(products[1:]) + bias == pytest.approx(total, abs=1e-9)
    cell = call(*explained, "--cell", f"{layer}:2:4,5", "--json").json["cell"]
    assert (cell["node"], cell["index"], cell["field"]) == ("layers.3", [2, 4, 5], [8, 10, 18, 20])
    assert sum(cell["steps"][0]["terms"][0]["products"]) + cell["steps"][0]["bias"] == pytest.approx(cell["value"])


def test_a_pooled_cell_tells_its_winner(call: Call, explained: tuple[str, ...]) -> None:
    out = call(*explained, "--cell", "layers.2:1:4,6").out
    assert out.count("the largest") == 1
    assert "max(0, x) of x = " in out
    assert "it goes to " in out


@pytest.mark.parametrize(
    ("cell", "phrase"),
    [
        ("nothing:1:2,3", "There is no layer nothing; choose one of conv-1, conv-2, answer, input, layers.0"),
        ("conv-1:2:0,0", "has the shape 2×24×24, counted from 0; conv-1:2:0,0 is outside"),
        ("conv-1:0:24,0", "is outside"),
        ("conv-1:0", "name its cells as LAYER:MAP:ROW,COLUMN"),
        ("answer:0:1,2", "name its cells as LAYER:UNIT"),
        ("conv-1", "must be as layers.0:1:9,13"),
        ("conv-1:\u0663:0,0", "must be as layers.0:1:9,13"),
    ],
)
def test_a_cell_that_is_not_there_is_refused(call: Call, explained: tuple[str, ...], cell: str, phrase: str) -> None:
    check_refused(call(*explained, "--cell", cell), 2, phrase)


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["first"], "one of the arguments --index --file is required"),
        (["first", "--index", "0", "--file", "x.png"], "not allowed with argument"),
        (["first", "--index", "-1"], "must be a whole number from 0"),
        (["first", "--index", "200"], "no image 200 in the test split"),
        (["first", "--index", "0", "--split", "validation"], "without a validation split"),
        (["first", "--index", "0", "--class", "10"], "invalid choice"),
        (["first", "--index", "0", "--folded"], "name one with --cell"),
        (["first", "--file", "x.png", "--split", "train"], "leave them out with --file"),
        (["none", "--index", "0"], "none"),
    ],
)
def test_wrong_use_exits_with_2(call: Call, explained: tuple[str, ...], arguments: list[str], phrase: str) -> None:
    check_refused(call("explain", *arguments), 2, phrase)


def test_damaged_files_are_refused(call: Call, explained: tuple[str, ...]) -> None:
    Path("bad.pt").write_bytes(b"no checkpoint")
    check_refused(call("explain", "bad.pt", "--index", 0), 1, "bad.pt")
    Path("bad.png").write_bytes(b"no picture")
    check_refused(call("explain", "first", "--file", "bad.png"), 1, "bad.png")


@pytest.mark.skipif(not SHIPPED_CHECKPOINT.exists(), reason="the tests run without the project's checkpoints")
def test_a_picture_is_explained(call: Call) -> None:
    images, labels = draw_digits(10, 4)
    ink = np.asarray(Image.fromarray(images[0]).resize((140, 140), Image.Resampling.BICUBIC))
    Image.fromarray(255 - np.pad(ink, ((20, 60), (90, 10)))).save("ink.png", "PNG")
    result = call("explain", SHIPPED_CHECKPOINT, "--file", "ink.png")
    assert result.code == 0
    assert result.out.startswith(f"ink.png  predicted {labels[0]}  confidence ")
    found = call("explain", SHIPPED_CHECKPOINT, "--file", "ink.png", "--json").json
    assert (found["file"], found["true"], found["loss"]) == ("ink.png", None, None)
    assert found["pixels"] == call("predict", SHIPPED_CHECKPOINT, "ink.png", "--json").json["shown"][0]["pixels"]
