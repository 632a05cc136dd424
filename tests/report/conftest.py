"""A report of a scripted run, written without torch."""

from pathlib import Path

import pytest

from emnist_tui.analysis.triage import Triage
from emnist_tui.report.folder import Report
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.record import RunRecord
from tests.support.scripted_runs import evaluation, write_run


@pytest.fixture
def triage(tmp_path: Path) -> Triage:
    """No verdicts yet on the evaluation of the report."""
    judged = evaluation()
    return Triage(tmp_path / "triage.json", judged.data, judged.fingerprint, judged.split)


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    """Record of a run of three epochs."""
    follower = RunFollower(write_run(tmp_path / "runs"))
    while follower.poll():
        pass
    return follower.record


@pytest.fixture
def report(triage: Triage, record: RunRecord) -> Report:
    """Report of one checkpoint of the run, without verdicts."""
    return Report("scripted/last.pt", evaluation(), triage, record)
