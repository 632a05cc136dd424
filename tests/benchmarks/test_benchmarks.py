"""Short runs of the benchmarks."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emnist_tui.learning.training.steps.stepper import Stepper
from emnist_tui.runs.config import TrainConfig
from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import devices
from tests.support.small_dataset import bars, small_dataset
from tests.support.ways import graph

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory and processor time are read from /proc"),
]


@pytest.mark.parametrize("table", [name for name in benchmarks.TABLES if name != "training"])
def test_each_table_is_printed_as_documented(table: str, printed: Callable[[str], str]) -> None:
    """The table of training, which compares speeds, is tested by itself in `test_training_speed.py`."""
    assert printed(table)


def test_steps_on_a_device_are_compared_as_documented(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMNIST_TUI_DATA", str(data))
    monkeypatch.setattr(devices, "_IMAGES", 3_000)
    monkeypatch.setattr(devices, "_TURN", 0.0)
    monkeypatch.setattr(devices, "_TURN_OF_SCRIPT", 0.0)
    short = ["--rounds", "1", "--model", "baseline", "--batch-size", "32", "--epochs", "1"]
    benchmarks.main(["--device", "cpu", *short])
    output = capsys.readouterr().out
    print(output)
    rows = re.findall(r"^\| baseline \| 32 \| (.*?) \| [\d,.]+ \(.*\) \| [\d.]+ × \|$", output, re.MULTILINE)
    assert set(rows) - {"JAX, jit and lax.scan"} == {
        devices.SCRIPT, "preloaded tensors, fused Adam", "emnist-tui, autograd",
    }  # fmt: skip
    for contender in ("CUDA graph", "fused kernels"):
        assert f"Left out: emnist-tui, {contender}: it needs a CUDA card." in output
    assert len(re.findall(r"^\| (µs per step|from start).* \| [\d,.]+.*\|$", output, re.MULTILINE)) == 4


def test_no_contender_begins_after_the_budget(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(devices, "load_dataset", lambda _: small_dataset())
    monkeypatch.setattr(devices, "whole_run_table", lambda *_: "")
    benchmarks.main(["--device", "cpu", "--budget", "0"])
    output = capsys.readouterr().out
    assert "| baseline" not in output
    assert "Left out: emnist-tui, autograd (accurate, 4096): the time was up." in output


@pytest.mark.parametrize("steps", [1, 3, 25])
def test_the_program_takes_the_steps_that_are_timed(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock's code for CUDA's ways, on the CPU; 10 steps are an epoch without its smaller last batch."""
    taken: list[int] = []
    split = bars(325, 0)

    def counted(*arguments: object) -> Stepper:
        stepper = graph(*arguments)  # type: ignore[arg-type]
        take = stepper.take

        def counting(most: int) -> int:
            taken.append(take(most))
            return taken[-1]

        monkeypatch.setattr(stepper, "take", counting)
        return stepper

    assert devices.ours(split, TrainConfig(device="cpu"), counted)(steps) > 0
    assert sum(taken) == steps
