"""The commands that interrogate checkpoints: compare, report, and the orders and filters of errors."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.statistics import mcnemar_p_value
from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.cli import main
from tests.support.call import Call, Result
from tests.support.emnist_files import draw_arrows, write_archive

TRAIN, TEST, OTHER_TEST = 640, 200, 100
EPOCHS = 5


pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two archives, `small.zip` and `other.zip`, and a run `first` on the first of them."""
    home = tmp_path_factory.mktemp("trained")
    write_archive(home / "small.zip", *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    write_archive(home / "other.zip", *draw_arrows(TRAIN, 0), *draw_arrows(OTHER_TEST, 2))
    options = ["--name", "first", "--epochs", str(EPOCHS), "--device", "cpu"]
    assert main(["train", "--data", str(home / "small.zip"), "--checkpoints", str(home / "checkpoints"), *options]) == 0
    return home


@pytest.fixture
def home(trained: Path, place: Path) -> Path:
    """A test's own copy of the run, in its working directory."""
    shutil.copytree(trained / "checkpoints", place / "checkpoints")
    return place


def stored(home: Path, epoch: int) -> Evaluation:
    return Evaluation.load(home / f"checkpoints/first/evaluation-epoch-{epoch:03d}.npz")


def epoch_file(epoch: int) -> str:
    return f"checkpoints/first/epoch-{epoch:03d}.pt"


def check_refused(result: Result, code: int, *phrases: str) -> None:
    """One sentence on stderr, at its end, and nothing on stdout."""
    assert (result.code, result.out) == (code, "")
    last = result.err.splitlines()[-1]
    assert result.err.count("emnist-tui: ") == 1, result.err
    assert "Unexpected" not in last
    for phrase in phrases:
        assert phrase in last


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Evaluating


def test_an_evaluation_tells_its_interval_macro_f1_and_calibration(call: Call, home: Path) -> None:
    found = call("evaluate", "first", "--json").json
    kept = stored(home, EPOCHS)
    assert found["macro_f1"] == pytest.approx(f1_score(kept.true, kept.predicted, average="macro"))
    assert found["accuracy_interval"] == list(kept.accuracy_interval)
    assert found["calibration_error"] == pytest.approx(kept.calibration_error)
    low, high = found["accuracy_interval"]
    assert low < found["accuracy"] < high
    text = call("evaluate", "first").out
    assert f"95 % interval {low * 100:.2f} % to {high * 100:.2f} %" in text
    assert f"macro F1 {found['macro_f1'] * 100:.2f} %" in text
    assert f"calibration error {found['calibration_error'] * 100:.2f} %" in text


def test_the_fingerprint_of_the_data_is_kept(call: Call, home: Path) -> None:
    record = json.loads((home / "checkpoints/first/run.json").read_text())
    assert call("evaluate", "first", "--output", "kept").code == 0
    fingerprints = {stored(home, EPOCHS).fingerprint, Evaluation.load(home / "kept/evaluation.npz").fingerprint}
    assert fingerprints == {record["fingerprint"]}
    assert record["fingerprint"]


# Errors


def test_errors_by_margin_and_index(call: Call) -> None:
    every = call("errors", "first", "--limit", 1000, "--json").json["shown"]
    for one in every:
        shares = one["probabilities"]
        assert one["margin"] == pytest.approx(shares[one["predicted"]] - shares[one["true"]])
    by_index = sorted(every, key=lambda one: one["index"])
    by_margin = sorted(by_index, key=lambda one: one["margin"], reverse=True)
    assert every not in (by_index, by_margin)
    for order, expected in (("margin", by_margin), ("index", by_index)):
        assert call("errors", "first", "--limit", 1000, "--json", "--sort", order).json["shown"] == expected


def test_errors_above_a_confidence(call: Call) -> None:
    every = call("errors", "first", "--limit", 1000, "--json").json["shown"]
    limit = sorted(one["confidence"] for one in every)[len(every) // 2]
    found = call("errors", "first", "--limit", 1000, "--json", "--min-confidence", repr(limit)).json
    expected = [one for one in every if one["confidence"] >= limit]
    assert found["shown"] == expected
    assert 0 < found["errors"] == len(expected) < len(every)
    assert call("errors", "first", "--min-confidence", 1, "--json").json["errors"] == 0


# Comparing


def test_compare_agrees_with_what_the_run_kept(call: Call, home: Path) -> None:
    result = call("compare", epoch_file(3), epoch_file(4), "--json")
    assert result.code == 0
    found = result.json
    a, b = stored(home, 3), stored(home, 4)
    wrong_a, wrong_b = a.predicted != a.true, b.predicted != b.true
    sets = {
        "fixed": wrong_a & ~wrong_b,
        "broken": ~wrong_a & wrong_b,
        "both_wrong": wrong_a & wrong_b,
        "both_wrong_differently": wrong_a & wrong_b & (a.predicted != b.predicted),
    }
    for name, mask in sets.items():
        assert found[name] == mask.sum()
        assert found["indices"][name] == np.flatnonzero(mask).tolist()
    assert found["fixed"] > found["broken"] > 0
    assert found["both_wrong"] > found["both_wrong_differently"] > 0
    assert found["p_value"] == mcnemar_p_value(found["fixed"], found["broken"])
    labels = list(range(10))
    difference = confusion_matrix(b.true, b.predicted, labels=labels) - confusion_matrix(
        a.true, a.predicted, labels=labels
    )
    assert found["difference"] == difference.tolist()
    assert (found["a"]["accuracy"], found["b"]["accuracy"]) == (a.accuracy, b.accuracy)
    assert (found["a"]["checkpoint"], found["b"]["checkpoint"]) == (epoch_file(3), epoch_file(4))


def test_compare_tells_it_in_words(call: Call) -> None:
    found = call("compare", epoch_file(3), epoch_file(4), "--json").json
    result = call("compare", epoch_file(3), epoch_file(4))
    assert result.code == 0
    text = result.out
    assert f"a  first/epoch-003.pt: accuracy {found['a']['accuracy'] * 100:.2f} %" in text
    assert f"b  first/epoch-004.pt: accuracy {found['b']['accuracy'] * 100:.2f} %" in text
    assert re.search(rf"^ +{found['fixed']} fixed: a wrong, b right$", text, re.MULTILINE)
    assert re.search(rf"^ +{found['broken']} broken: a right, b wrong$", text, re.MULTILINE)
    assert f"{found['both_wrong']} wrong in both, {found['both_wrong_differently']} of them" in text
    assert f"{found['accuracy_change'] * 100:+.2f} points, p = {found['p_value']:.3g} (McNemar, exact)" in text
    matrix = [line.split()[1:] for line in text.splitlines() if len(line.split()) == 11]
    assert matrix == [[f"{cell:+d}" if cell else "·" for cell in row] for row in found["difference"]]
    rows = [line.split() for line in text.splitlines() if " points" in line and not line.startswith("accuracy")]
    assert [row[-3:] for row in rows] == [
        [str(row[key]) for key in ("fixed", "broken", "support")] for row in found["per_class"]
    ]


def test_a_checkpoint_does_not_differ_from_itself(call: Call) -> None:
    found = call("compare", "first", "first", "--json").json
    assert (found["fixed"], found["broken"], found["p_value"], found["accuracy_change"]) == (0, 0, 1.0, 0.0)
    assert found["both_wrong"] > 0
    assert not np.any(found["difference"])


def test_both_are_evaluated_on_the_data_of_the_first_or_on_the_data_given(
    call: Call, home: Path, trained: Path
) -> None:
    other = trained / "other.zip"
    options = ["--name", "second", "--epochs", 1, "--device", "cpu"]
    assert call("train", "--data", other, *options).code == 0
    forth, back = call("compare", "first", "second", "--json").json, call("compare", "second", "first", "--json").json
    assert forth["a"]["accuracy"] == stored(home, EPOCHS).accuracy
    expected = call("evaluate", "second", "--data", trained / "small.zip", "--json").json["accuracy"]
    assert forth["b"]["accuracy"] == expected
    assert back["a"]["accuracy"] == call("evaluate", "second", "--json").json["accuracy"]
    given = call("compare", "first", "second", "--data", other, "--json").json
    assert (given["a"]["accuracy"], given["b"]["accuracy"]) == (back["b"]["accuracy"], back["a"]["accuracy"])
    assert [found["images"] for found in (forth, back, given)] == [TEST, OTHER_TEST, OTHER_TEST]


# Reporting


def test_a_report_has_the_numbers_of_evaluate(call: Call, home: Path) -> None:
    result = call("report", "first")
    assert (result.code, result.out) == (0, "first-report/README.md\n")
    folder = home / "first-report"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert call("evaluate", "first", "--json").json.items() <= metrics.items()
    assert metrics["checkpoint"] == "first/last.pt"
    assert (folder / "curves.svg").exists()
    assert len((folder / "predictions.csv").read_text().splitlines()) == TEST + 1
    before = tree(folder)
    assert call("report", "first").code == 0
    assert tree(folder) == before


def test_a_report_is_named_after_its_checkpoint(call: Call, home: Path) -> None:
    shutil.copy(home / epoch_file(2), home / "mine.pt")
    assert call("report", epoch_file(2)).out == "first-epoch-002-report/README.md\n"
    assert call("report", "mine.pt").out == "mine-report/README.md\n"
    assert call("report", "first", "--output", "a/b").out == "a/b/README.md\n"
    assert not (home / "mine-report/curves.svg").exists()
    metrics = json.loads((home / "first-epoch-002-report/metrics.json").read_text())
    assert metrics["accuracy"] == stored(home, 2).accuracy


def test_a_report_tells_the_users_judgment(call: Call, home: Path) -> None:
    kept = stored(home, EPOCHS)
    triage = Triage.load(home / "checkpoints/first/triage.json", kept.data, kept.fingerprint, kept.split)
    triage.judge(int(kept.wrong[0]), Verdict.WRONG_LABEL)
    assert call("report", "first").code == 0
    assert json.loads((home / "first-report/metrics.json").read_text())["triage"] == {
        "counts": {"wrong-label": 1, "ambiguous": 0, "model-fault": 0},
        "accuracy_without_mislabelled": pytest.approx((TEST - len(kept.wrong)) / (TEST - 1)),
    }


@pytest.mark.parametrize("damaged", [True, False])
def test_judgments_that_will_not_do_are_left_out_and_left_alone(
    call: Call, home: Path, trained: Path, damaged: bool
) -> None:
    path = home / "checkpoints/first/triage.json"
    kept = stored(home, EPOCHS)
    Triage.load(path, kept.data, kept.fingerprint, kept.split).judge(int(kept.wrong[0]), Verdict.AMBIGUOUS)
    if damaged:
        path.write_text("{")
    before = path.read_bytes()
    result = call("report", "first", *([] if damaged else ["--data", trained / "other.zip"]))
    assert result.code == 0
    assert "the report leaves the judgments out" in result.err
    assert path.read_bytes() == before
    assert "Left out: " in (home / "first-report/README.md").read_text()
    assert not (home / "first-report/triage.csv").exists()


def test_a_folder_of_other_things_is_refused_at_once(call: Call, home: Path) -> None:
    (home / "first-report").mkdir()
    (home / "first-report/thesis.txt").write_text("mine")
    result = call("report", "first")
    check_refused(result, 2, "first-report holds other files already", "--output")
    assert "evaluating" not in result.err
    check_refused(call("report", "first", "--output", "first-report/thesis.txt/x"), 1, "cannot be written", "--output")
    assert tree(home / "first-report") == {"thesis.txt": b"mine"}


# Wrong use


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare",),
        ("compare", "first"),
        ("compare", "first", "nothing"),
        ("compare", "nothing", "first"),
        ("report",),
        ("report", "nothing"),
        ("errors", "first", "--sort", "name"),
        ("errors", "first", "--min-confidence", "1.1"),
        ("errors", "first", "--min-confidence", "-0.1"),
        ("errors", "first", "--min-confidence", "nan"),
        ("errors", "first", "--min-confidence", "high"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_sentence(call: Call, home: Path, arguments: tuple[str, ...]) -> None:
    before = tree(home)
    check_refused(call(*arguments), 2)
    assert tree(home) == before


def test_a_damaged_checkpoint_is_refused(call: Call, home: Path) -> None:
    (home / "broken.pt").write_text("not a checkpoint")
    for arguments in (("compare", "first", "broken.pt"), ("compare", "broken.pt", "first"), ("report", "broken.pt")):
        check_refused(call(*arguments), 1, "broken.pt")
    assert not (home / "broken-report").exists()
