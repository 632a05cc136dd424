"""Short runs of the benchmarks, whose training must outrun autograd."""

import re
import sys
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.support.markdown import HELP

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
    documented = (HELP / "benchmarks.md").read_text()
    labels = {row.split("|")[1].strip() for row in rows}
    assert {label for label in labels if f"| {label} |" not in documented} == set()
    if table == "training":
        ours = re.search(r"\| emnist-tui train \|.*\| ([\d.]+) × \|", output)
        autograd = re.search(r"\| preloaded tensors.*\| ([\d.]+) × \|", output)
        assert ours
        assert autograd
        assert float(ours[1]) > 1.5 * float(autograd[1])
