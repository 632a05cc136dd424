"""`emnist-tui report`. The pages themselves are tested in tests/report."""

import json
import shutil
from pathlib import Path

import pytest

from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, check_refused
from tests.support.files import read_tree
from tests.support.sweep_folders import make_spec, make_sweep
from tests.support.trained_run import TEST, stored_evaluation


def test_report_has_the_numbers_of_evaluate(call: Call, copied: RunFolder) -> None:
    result = call("report", "first")
    assert (result.code, result.out) == (0, "first-report/README.md\n")
    folder = Path("first-report")
    metrics = json.loads((folder / "metrics.json").read_text())
    assert call("evaluate", "first", "--json").json.items() <= metrics.items()
    assert metrics["checkpoint"] == "first/last.pt"
    assert (folder / "curves.svg").exists()
    assert len((folder / "predictions.csv").read_text().splitlines()) == TEST + 1
    before = read_tree(folder)
    assert call("report", "first").code == 0
    assert read_tree(folder) == before


def test_report_is_named_after_its_checkpoint(call: Call, copied: RunFolder) -> None:
    shutil.copy(copied.path / "epoch-002.pt", "mine.pt")
    assert call("report", copied.path / "epoch-002.pt").out == "first-epoch-002-report/README.md\n"
    assert call("report", "mine.pt").out == "mine-report/README.md\n"
    assert call("report", "first", "--output", "a/b").out == "a/b/README.md\n"
    assert not Path("mine-report/curves.svg").exists()
    metrics = json.loads(Path("first-epoch-002-report/metrics.json").read_text())
    assert metrics["accuracy"] == stored_evaluation(copied, 2).accuracy


def test_report_has_the_judgments(call: Call, copied: RunFolder) -> None:
    kept = stored_evaluation(copied)
    triage = Triage.load(copied.path / "triage.json", kept.data, kept.fingerprint, kept.split)
    triage.judge(int(kept.wrong[0]), Verdict.WRONG_LABEL)
    assert call("report", "first").code == 0
    assert json.loads(Path("first-report/metrics.json").read_text())["triage"] == {
        "counts": {"wrong-label": 1, "ambiguous": 0, "model-fault": 0},
        "accuracy_without_mislabelled": pytest.approx((TEST - len(kept.wrong)) / (TEST - 1)),
    }


@pytest.mark.parametrize("damaged", [True, False])
def test_unusable_judgments_are_left_out_and_kept(
    call: Call, copied: RunFolder, other_archive: Path, damaged: bool
) -> None:
    path = copied.path / "triage.json"
    kept = stored_evaluation(copied)
    Triage.load(path, kept.data, kept.fingerprint, kept.split).judge(int(kept.wrong[0]), Verdict.AMBIGUOUS)
    if damaged:
        path.write_text("{")
    before = path.read_bytes()
    result = call("report", "first", *([] if damaged else ["--data", other_archive]))
    assert result.code == 0
    assert "the report leaves out the judgments" in result.err
    assert path.read_bytes() == before
    assert "Left out: " in Path("first-report/README.md").read_text()
    assert not Path("first-report/triage.csv").exists()


def test_folder_with_other_files_is_refused_before_evaluating(call: Call, copied: RunFolder) -> None:
    Path("first-report").mkdir()
    Path("first-report/thesis.txt").write_text("mine")
    result = call("report", "first")
    check_refused(result, 2, "first-report holds other files already", "--output")
    assert "evaluating" not in result.err
    check_refused(call("report", "first", "--output", "first-report/thesis.txt/x"), 1, "cannot be written", "--output")
    assert read_tree(Path("first-report")) == {"thesis.txt": b"mine"}


def test_unusable_checkpoint_is_refused(call: Call, copied: RunFolder) -> None:
    Path("broken.pt").write_text("not a checkpoint")
    check_refused(call("report", "broken.pt"), 1, "broken.pt")
    assert not Path("broken-report").exists()


@pytest.mark.parametrize("arguments", [(), ("nothing",)], ids=["no checkpoint", "missing checkpoint"])
def test_missing_checkpoint_is_a_usage_error(call: Call, root: Path, arguments: tuple[str, ...]) -> None:
    check_refused(call("report", *arguments), 2)


def test_a_sweep_has_a_report_of_its_trials(call: Call, tmp_path: Path) -> None:
    make_sweep(tmp_path / "sweeps" / "search", make_spec(60), trials=9)
    assert call("--checkpoints", tmp_path / "sweeps", "report", "search").out == "search-report/README.md\n"
    metrics = json.loads(Path("search-report/metrics.json").read_text())
    assert len(metrics["trials"]) == 9
    assert call("report", tmp_path / "sweeps" / "search", "--output", "a").out == "a/README.md\n"
