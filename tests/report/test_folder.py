"""Report folder: its files and their content, and protection of other files."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from emnist_tui.analysis.triage import Verdict
from emnist_tui.report.folder import Report, refuse_foreign
from emnist_tui.runs import atomic_files
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.events import Batches
from emnist_tui.runs.record import RunRecord
from tests.support.scripted_runs import epoch_events, started, write_run

ALWAYS = {
    "README.md",
    "metrics.json",
    "predictions.csv",
    "confusion.svg",
    "worst-mistakes.svg",
    "confident-disagreements.svg",
}


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_page_links_every_file_and_shows_every_figure(report: Report, tmp_path: Path) -> None:
    page = report.write(tmp_path / "made" / "report")
    assert page == tmp_path / "made/report/README.md"
    names = set(tree(page.parent))
    assert names == ALWAYS | {"curves.svg"}
    linked = set(re.findall(r"\]\(([^)]+)\)", page.read_text()))
    assert linked == names - {"README.md"}
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text()))
    assert shown == {name for name in names if name.endswith(".svg")}


def test_a_report_is_reproducible_and_replaces_itself(report: Report, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    report.triage.judge(int(report.evaluation.wrong[0]), Verdict.AMBIGUOUS)
    report.write(folder)
    first = tree(folder)
    assert {"triage.csv", "triage.json"} < first.keys()
    (folder / "notes.txt").write_text("mine")
    report.write(folder)
    assert tree(folder) == {**first, "notes.txt": b"mine"}
    report.triage.undo()
    replace(report, record=None).write(folder)
    assert set(tree(folder)) == ALWAYS | {"notes.txt"}


@pytest.mark.parametrize("content", ["", "[]", "7", '{"accuracy": 0.9}', "["])
def test_a_folder_of_other_files_is_left_alone(report: Report, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "metrics.json").write_text(content)
    with pytest.raises(UsageError, match="mine holds other files already and is not a report; choose another --output"):
        report.write(folder)
    assert tree(folder) == {"metrics.json": content.encode()}
    (folder / "metrics.json").unlink()
    assert report.write(folder).exists()


def test_a_missing_folder_and_an_existing_report_are_accepted(report: Report, tmp_path: Path) -> None:
    refuse_foreign(tmp_path / "missing")
    report.write(tmp_path / "report")
    refuse_foreign(tmp_path / "report")


def test_a_folder_that_cannot_be_written_is_named(report: Report, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(EmnistTuiError, match=r"file.* cannot be written .*; choose another --output"):
            report.write(folder)
    assert (tmp_path / "file").read_text() == "mine"


def test_the_page_is_written_after_its_figures(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def record_name(path: Path, text: str) -> None:
        written.append(path.name)
        atomic_files.replace_text(path, text)

    monkeypatch.setattr("emnist_tui.report.folder.replace_text", record_name)
    report.write(tmp_path / "report")
    assert written[-1] == "README.md"


def test_metrics_equal_those_of_the_evaluation(report: Report) -> None:
    metrics = json.loads(report.files()["metrics.json"])
    assert report.evaluation.to_json().items() <= metrics.items()
    assert (metrics["checkpoint"], metrics["triage"]) == ("scripted/last.pt", None)
    pairs = report.evaluation.most_confused(10)
    assert metrics["most_confused"] == [{"true": p.true, "predicted": p.predicted, "count": p.count} for p in pairs]


def test_predictions_cover_every_image(report: Report) -> None:
    judged = int(report.evaluation.wrong[3])
    report.triage.judge(judged, Verdict.WRONG_LABEL)
    rows = list(csv.DictReader(report.files()["predictions.csv"].splitlines()))
    evaluation = report.evaluation
    assert [int(row["index"]) for row in rows] == list(range(evaluation.images))
    assert [int(row["true"]) for row in rows] == evaluation.true.tolist()
    assert [int(row["predicted"]) for row in rows] == evaluation.predicted.tolist()
    shares = [[float(row[f"p{digit}"]) for digit in range(10)] for row in rows]
    np.testing.assert_allclose(shares, evaluation.probabilities, rtol=1e-5)
    np.testing.assert_allclose([float(row["loss"]) for row in rows], evaluation.losses, rtol=1e-5)
    assert {row["index"]: row["verdict"] for row in rows if row["verdict"]} == {str(judged): "wrong-label"}


def test_verdicts_are_in_metrics_and_triage_files(report: Report) -> None:
    correct = report.evaluation.images - len(report.evaluation.wrong)
    for index in report.evaluation.wrong[:5]:
        report.triage.judge(int(index), Verdict.WRONG_LABEL)
    files = report.files()
    judged = json.loads(files["metrics.json"])["triage"]
    assert judged["counts"] == {"wrong-label": 5, "ambiguous": 0, "model-fault": 0}
    assert judged["accuracy_without_mislabelled"] == pytest.approx(correct / (report.evaluation.images - 5))
    rows = json.loads(files["triage.json"])
    assert [row["index"] for row in rows] == report.evaluation.wrong[:5].tolist()
    assert len(files["triage.csv"].splitlines()) == 6


def test_a_run_without_batches_has_no_curves(tmp_path: Path, report: Report) -> None:
    run = write_run(tmp_path, "no-batches", epochs=0)
    record = RunRecord()
    for event in [started(), *(event for event in epoch_events(run, 1) if not isinstance(event, Batches))]:
        record.apply(event)
    assert record.evaluations
    files = replace(report, record=record).files()
    assert "curves.svg" not in files
    assert "curves.svg" not in files["README.md"]


def test_every_figure_is_well_formed_and_self_contained(report: Report) -> None:
    for name, text in report.files().items():
        if name.endswith(".svg"):
            root = ElementTree.fromstring(text)
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            assert root.find("{http://www.w3.org/2000/svg}title") is not None
            assert not re.search(r'href="(?!data:)', text)
