"""The process that answers the app, on its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emnist_tui.cli import COMMANDS
from emnist_tui.runs.frames import Frame, read_frame, write_frame
from tests.support.own_networks import RESIDUAL
from tests.support.process import PROGRAM, environment


@pytest.fixture
def process() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [*PROGRAM, "network-server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as popen:
        yield popen
        popen.kill()


def ask(process: "subprocess.Popen[bytes]", **content: object) -> Frame:
    """Send a request and return the answer after its phases."""
    assert process.stdin
    assert process.stdout
    write_frame(process.stdin, Frame(content))
    while answer := read_frame(process.stdout):
        if "phase" not in answer.content:
            return answer
    raise AssertionError("no answer")


def test_errors_of_any_kind_are_answers(process: "subprocess.Popen[bytes]") -> None:
    assert "unknown" in ask(process, do="something").content["error"]
    assert "no longer at /nowhere" in ask(process, do="sample", source="/nowhere").content["error"]
    assert "Unexpected" in ask(process, do="digit", source="synthetic").content["error"]


def test_it_ends_with_its_input(process: "subprocess.Popen[bytes]") -> None:
    ask(process, do="something")
    assert process.stdin
    process.stdin.close()
    assert process.wait(30) == 0


def test_it_ends_where_nobody_asks_for_anything() -> None:
    code = (
        "from emnist_tui.commands import network_server as served; served._PATIENCE = served._LONG_PATIENCE = 0.05; "
        "from emnist_tui.cli import main; raise SystemExit(main(['network-server']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as popen:
        assert popen.wait(30) == 0


def test_what_a_file_prints_is_no_answer(process: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(f"import os\nprint('hello')\nos.write(1, b'loud')\n{RESIDUAL}")
    foreign = {"key": None, "input_scaling": None, "network": f"{path}:ResNet"}
    answer = ask(process, do="open", checkpoint=None, foreign=foreign)
    assert answer.content["model"] == "net.py:ResNet"
    assert process.stdin
    process.stdin.close()
    assert process.stderr
    assert process.stderr.read().count(b"hello") == 1


def test_a_file_that_asks_for_input_takes_no_requests(process: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(f"import os, stat\nassert not stat.S_ISFIFO(os.fstat(0).st_mode), 'of the app'\n{RESIDUAL}")
    foreign = {"key": None, "input_scaling": None, "network": f"{path}:ResNet"}
    assert ask(process, do="open", checkpoint=None, foreign=foreign).content.get("error") is None


def test_it_is_no_command_for_users() -> None:
    assert "network-server" not in COMMANDS
    listed = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, check=True, env=environment())
    assert "network-server" not in listed.stdout
    assert sys.executable in PROGRAM


def test_a_picture_is_framed_as_a_digit(process: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    pixels = np.full((60, 40), 255, np.uint8)
    pixels[10:50, 18:24] = 0
    Image.fromarray(pixels).save(tmp_path / "one.png")
    image = ask(process, do="picture", path=str(tmp_path / "one.png")).arrays["image"]
    assert image.shape == (28, 28)
    assert image[14, 12:16].max() > 200
    assert "error" in ask(process, do="picture", path=str(tmp_path / "none.png")).content
