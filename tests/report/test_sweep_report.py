"""Report of a sweep: its files and what they hold."""

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from emnist_tui.report.sweep_report import SweepReport
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from tests.support.sweep_folders import make_spec, make_sweep, put_trial, seeds_spec

ALWAYS = {"README.md", "metrics.json", "trials.csv"}


def report_of(tmp_path: Path, spec: SweepSpec, trials: int) -> SweepReport:
    return SweepReport(SweepBoard(make_sweep(tmp_path / "search", spec, trials=trials)).refresh())


@pytest.mark.parametrize(
    ("spec", "trials", "figures"),
    [
        (make_spec(60), 40, {"best-so-far.svg", "by-learning-rate.svg", "by-batch-size.svg", "by-augmentation.svg"}),
        (seeds_spec(5), 5, {"spread.svg"}),
        (make_spec(60), 0, set()),
        (seeds_spec(5), 0, set()),
    ],
)
def test_the_page_links_every_file(tmp_path: Path, spec: SweepSpec, trials: int, figures: set[str]) -> None:
    page = report_of(tmp_path, spec, trials).write(tmp_path / "report")
    names = {path.name for path in page.parent.iterdir()}
    assert names == ALWAYS | figures
    assert set(re.findall(r"\]\(([^)]+)\)", page.read_text())) == names - {"README.md"}
    for figure in figures:
        ElementTree.fromstring((page.parent / figure).read_text())


def test_all_trials_are_in_the_metrics_and_the_table(tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "search", make_spec(60), trials=40)
    put_trial(folder, Trial(41, {"batch_size": 32}, TrialState.FAILED, reason='No\x1b memory, "left".'))
    report = SweepReport(SweepBoard(folder).refresh())
    page = report.write(tmp_path / "report")
    metrics = json.loads((page.parent / "metrics.json").read_text())
    assert metrics["checkpoint"] == "search/runs/trial-0004/best.pt"
    assert [trial["number"] for trial in metrics["trials"]] == list(range(1, 42))
    with (page.parent / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 41
    assert rows[40]["reason"] == 'No\\x1b memory, "left".'
    assert rows[3]["accuracy"] == str(report.board.trials[3].accuracy)


def test_a_report_replaces_itself_and_nothing_else(tmp_path: Path) -> None:
    report = report_of(tmp_path, make_spec(60), 40)
    page = report.write(tmp_path / "report")
    before = {path.name: path.read_bytes() for path in page.parent.iterdir()}
    report.write(tmp_path / "report")
    assert {path.name: path.read_bytes() for path in page.parent.iterdir()} == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine").touch()
    with pytest.raises(UsageError, match="holds other files"):
        report.write(tmp_path / "other")
