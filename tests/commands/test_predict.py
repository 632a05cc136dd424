"""`emnist-tui predict`: drawings, JSON and refusals."""

import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.text.ascii_art import ascii_art
from tests.support.call import Call
from tests.support.project import SHIPPED_CHECKPOINT

pytestmark = pytest.mark.skipif(
    not SHIPPED_CHECKPOINT.exists(), reason="the tests run without the project's checkpoints"
)


def draw(name: str, seed: int = 4, side: int = 140) -> int:
    """Write a picture of a digit on paper and return the digit."""
    images, labels = draw_digits(10, seed)
    ink = np.asarray(Image.fromarray(images[0]).resize((side, side), Image.Resampling.BICUBIC))
    Image.fromarray(255 - np.pad(ink, ((20, 60), (90, 10)))).save(name, "PNG")
    return int(labels[0])


def test_digit_is_drawn_beside_its_probabilities(call: Call) -> None:
    label = draw("ink.png")
    result = call("predict", SHIPPED_CHECKPOINT, "ink.png")
    lines = result.out.splitlines()
    assert result.code == 0
    assert re.fullmatch(rf"ink\.png  predicted {label}  confidence \d+\.\d %", lines[0])
    assert max(map(len, lines)) <= 80
    found = call("predict", SHIPPED_CHECKPOINT, "ink.png", "--json").json["shown"][0]
    art = ascii_art(np.array(found["pixels"], np.uint8))
    assert [line[:28].rstrip() for line in lines[1:15]] == [line.rstrip() for line in art]
    shares = [float(match[2]) for line in lines if (match := re.search(r" (\d) [█▏▎▍▌▋▊▉ ]*([\d.]+) %$", line))][-10:]
    assert shares == pytest.approx([100 * share for share in found["probabilities"]], abs=0.051)


def test_json_has_pixels_and_probabilities(call: Call) -> None:
    labels = [draw("one.png", 5), draw("two.png", 7)]
    result = call("predict", SHIPPED_CHECKPOINT, "one.png", "./two.png", "--json")
    assert result.code == 0
    assert result.json["checkpoint"] == str(SHIPPED_CHECKPOINT)
    shown = result.json["shown"]
    assert [found["image"] for found in shown] == ["one.png", "./two.png"]
    assert [found["predicted"] for found in shown] == labels
    for found in shown:
        assert sum(found["probabilities"]) == pytest.approx(1)
        assert found["confidence"] == max(found["probabilities"]) == found["probabilities"][found["predicted"]]
        assert np.array(found["pixels"]).shape == (28, 28)


def test_pipe_and_home_folder_are_images(call: Call, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(place))
    label = draw("ink.png")
    os.mkfifo("pipe")
    threading.Thread(target=Path("pipe").write_bytes, args=(Path("ink.png").read_bytes(),)).start()
    shown = call("predict", SHIPPED_CHECKPOINT, "pipe", "~/ink.png", "--json").json["shown"]
    assert [(found["image"], found["predicted"]) for found in shown] == [("pipe", label), ("~/ink.png", label)]


def test_unusable_image_does_not_stop_the_others(call: Call) -> None:
    label = draw("good.png")
    Path("bad.png").write_bytes(Path("good.png").read_bytes()[:200])
    Image.new("L", (50, 50), 255).save("blank.png")
    result = call("predict", SHIPPED_CHECKPOINT, "bad.png", "none.png", "blank.png", "good.png", "--json")
    assert result.code == 1
    assert [found["predicted"] for found in result.json["shown"]] == [label]
    words = [line for line in result.err.splitlines() if line.startswith("emnist-tui: ")]
    assert [word.split()[1] for word in words[::2]] == ["bad.png", "blank.png"]
    assert words[1] == "emnist-tui: There is no picture none.png; check its name."
    assert "Traceback" not in result.err


def test_file_name_is_escaped(call: Call) -> None:
    name = "[bold]a\x1b[31m\u202eb.png"
    draw(name)
    result = call("predict", SHIPPED_CHECKPOINT, name, "\x1b[2Jnone.png")
    assert result.code == 1
    assert "\x1b" not in result.out + result.err
    assert r"[bold]a\x1b[31m\u202eb.png  predicted" in result.out
    assert r"\x1b[2Jnone.png" in result.err
    assert call("predict", SHIPPED_CHECKPOINT, name, "--json").json["shown"][0]["image"] == name


def test_network_trained_on_transposed_images_is_recognized(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emnist_tui.learning.data.digits.SYNTHETIC_TRAIN", 100)
    monkeypatch.setattr("emnist_tui.learning.data.digits.SYNTHETIC_TEST", 200)
    weights = load_checkpoint(SHIPPED_CHECKPOINT).state_dict
    first, second, last = "layers.0.weight", "layers.3.weight", "layers.7.weight"
    turned = {
        **weights,
        first: weights[first].transpose(2, 3).contiguous(),
        second: weights[second].transpose(2, 3).contiguous(),
        last: weights[last].reshape(10, 4, 5, 5).transpose(2, 3).reshape(10, 100),
    }
    torch.save(turned, "theirs.pt")
    torch.save(weights, "upright.pt")
    names = [f"{seed}.png" for seed in range(20, 25)]
    labels = [draw(name, seed) for seed, name in enumerate(names, 20)]
    expected = call("predict", SHIPPED_CHECKPOINT, *names, "--json").json["shown"]
    assert [found["predicted"] for found in expected] == labels
    for theirs in ("theirs.pt", "upright.pt"):
        found = call("predict", theirs, *names, "--json").json["shown"]
        for mine, other in zip(found, expected, strict=True):
            assert mine["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)


def test_wrong_use_exits_with_2(call: Call) -> None:
    assert call("predict", SHIPPED_CHECKPOINT).code == 2
    assert call("predict", "none", "ink.png").code == 2
