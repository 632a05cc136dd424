"""Short tables, and the digits that they are measured on."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import fast_run, inside_screen, network_steps, program, sweep_screen, sweeps, unit_losses
from tests.support.markdown import HELP

SHORT = ["--rounds", "1", "--presses", "20", "--pages", "2", "--epochs", "1", "--model", "baseline"]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder that keeps the synthetic digits."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure for a moment what no option shortens, and nothing that the test of the speed compares."""
    outcome = unit_losses.outcome
    monkeypatch.setattr(unit_losses, "outcome", lambda dataset, config, _: outcome(dataset, config, 30))
    for module, name, value in (
        (benchmarks, "_IMAGES", 4_096),
        (sweeps, "SIZES", ((300, 2),)),
        (sweep_screen, "SETTLED", 1.0),
        (sweep_screen, "_MEASURED", 2.0),
        (sweep_screen, "_PRESSES", 4),
        (network_steps, "_WARMUP", 1),
        (network_steps, "_STEPS", 2),
        (program, "SETTLED", 1.0),
        (inside_screen, "_SECONDS", 0.01),
        (fast_run, "_SETTLED", 1.0),
        (fast_run, "_MEASURED", 2.0),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def printed(
    data: Path, shortened: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], str]:
    """Return a function that prints a short table, whose rows the help page must have."""

    def print_table(table: str) -> str:
        monkeypatch.setenv("EMNIST_TUI_DATA", str(data))
        benchmarks.main(["--only", table, *SHORT, *(["--seeds", "2"] if table == "accuracy" else [])])
        output = capsys.readouterr().out
        print(output)
        rows = re.findall(r"^\|.*\d.*\|$", output, re.MULTILINE)
        assert len(rows) >= (1 if table == "accuracy" else 4)
        documented = "".join((HELP / page).read_text() for page in ("benchmarks.md", "distributed.md"))
        labels = {row.split("|")[1].strip() for row in rows}
        assert {label for label in labels if f"| {label} |" not in documented} == set()
        return output

    return print_table
