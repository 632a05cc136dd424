"""That the benchmarks run; their figures are for people. CI runs them short, and ours must stay ahead of autograd."""

import re
import sys
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory and processor time are read from /proc"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the synthetic digits are kept once they are drawn."""
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize("table", benchmarks.TABLES)
def test_each_table_is_told(
    table: str, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMNIST_TUI_DATA", str(data))
    benchmarks.main(["--only", table, "--rounds", "1", "--presses", "20"])
    told = capsys.readouterr().out
    print(told)
    rows = re.findall(r"^\|.*\d.*\|$", told, re.MULTILINE)
    assert len(rows) >= 5
    if table == "training":
        ahead = re.search(r"\| emnist-tui train \|.*\| ([\d.]+) × \|", told)
        behind = re.search(r"\| preloaded tensors.*\| ([\d.]+) × \|", told)
        assert ahead
        assert behind
        assert float(ahead[1]) > 1.5 * float(behind[1])
