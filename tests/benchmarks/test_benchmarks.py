"""Short runs of the benchmarks, whose training must outrun autograd."""

import re
import sys
from pathlib import Path

import pytest

from emnist_tui.learning.training.steps.stepper import Stepper
from emnist_tui.runs.config import TrainConfig
from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import devices
from tests.support.markdown import HELP
from tests.support.small_dataset import bars, small_dataset
from tests.support.ways import graph

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory and processor time are read from /proc"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder that keeps the synthetic digits."""
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize("table", benchmarks.TABLES)
def test_each_table_is_printed_as_documented(
    table: str, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMNIST_TUI_DATA", str(data))
    short = ["--rounds", "1", "--presses", "20", "--pages", "2", "--epochs", "1", "--model", "baseline"]
    benchmarks.main(["--only", table, *short, *(["--seeds", "2"] if table == "accuracy" else [])])
    output = capsys.readouterr().out
    print(output)
    rows = re.findall(r"^\|.*\d.*\|$", output, re.MULTILINE)
    assert len(rows) >= (1 if table == "accuracy" else 4)
    documented = "".join((HELP / page).read_text() for page in ("benchmarks.md", "distributed.md"))
    labels = {row.split("|")[1].strip() for row in rows}
    assert {label for label in labels if f"| {label} |" not in documented} == set()
    if table == "training":
        ours = re.search(r"\| emnist-tui train \|.*\| ([\d.]+) × \|", output)
        autograd = re.search(r"\| preloaded tensors.*\| ([\d.]+) × \|", output)
        assert ours
        assert autograd
        assert float(ours[1]) > 1.5 * float(autograd[1])


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
