"""`emnist-tui compare`."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from emnist_tui.analysis.statistics import mcnemar_p_value
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, check_refused
from tests.support.trained_run import OTHER_TEST, TEST, stored_evaluation, train_arguments


def _epoch_file(epoch: int) -> str:
    return f"checkpoints/first/epoch-{epoch:03d}.pt"


def test_comparison_agrees_with_the_stored_evaluations(call: Call, copied: RunFolder) -> None:
    result = call("compare", _epoch_file(3), _epoch_file(4), "--json")
    assert result.code == 0
    found = result.json
    a, b = stored_evaluation(copied, 3), stored_evaluation(copied, 4)
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
    assert (found["a"]["checkpoint"], found["b"]["checkpoint"]) == (_epoch_file(3), _epoch_file(4))


def test_text_has_the_numbers_of_the_json(call: Call, copied: RunFolder) -> None:
    found = call("compare", _epoch_file(3), _epoch_file(4), "--json").json
    result = call("compare", _epoch_file(3), _epoch_file(4))
    assert result.code == 0
    text = result.out
    assert f"a  first/epoch-003.pt: accuracy {found['a']['accuracy'] * 100:.2f} %" in text
    assert f"b  first/epoch-004.pt: accuracy {found['b']['accuracy'] * 100:.2f} %" in text
    assert re.search(rf"^ +{found['fixed']} fixed: a wrong, b correct$", text, re.MULTILINE)
    assert re.search(rf"^ +{found['broken']} broken: a correct, b wrong$", text, re.MULTILINE)
    assert f"{found['both_wrong']} both wrong, {found['both_wrong_differently']} of them" in text
    assert f"{found['accuracy_change'] * 100:+.2f} points, p = {found['p_value']:.3g} (McNemar, exact)" in text
    matrix = [line.split()[1:] for line in text.splitlines() if len(line.split()) == 11]
    assert matrix == [[f"{cell:+d}" if cell else "·" for cell in row] for row in found["difference"]]
    rows = [line.split() for line in text.splitlines() if " points" in line and not line.startswith("accuracy")]
    assert [row[-3:] for row in rows] == [
        [str(row[key]) for key in ("fixed", "broken", "support")] for row in found["per_class"]
    ]


def test_checkpoint_does_not_differ_from_itself(call: Call, copied: RunFolder) -> None:
    found = call("compare", "first", "first", "--json").json
    assert (found["fixed"], found["broken"], found["p_value"], found["accuracy_change"]) == (0, 0, 1.0, 0.0)
    assert found["both_wrong"] > 0
    assert not np.any(found["difference"])


def test_both_are_evaluated_on_the_training_data_of_a_or_the_given_data(
    call: Call, root: Path, copied: RunFolder, archive: Path, other_archive: Path
) -> None:
    assert call(*train_arguments(other_archive, root, "--name", "second", "--epochs", 1)).code == 0
    forth, back = call("compare", "first", "second", "--json").json, call("compare", "second", "first", "--json").json
    assert forth["a"]["accuracy"] == stored_evaluation(copied).accuracy
    expected = call("evaluate", "second", "--data", archive, "--json").json["accuracy"]
    assert forth["b"]["accuracy"] == expected
    assert back["a"]["accuracy"] == call("evaluate", "second", "--json").json["accuracy"]
    given = call("compare", "first", "second", "--data", other_archive, "--json").json
    assert (given["a"]["accuracy"], given["b"]["accuracy"]) == (back["b"]["accuracy"], back["a"]["accuracy"])
    assert [found["images"] for found in (forth, back, given)] == [TEST, OTHER_TEST, OTHER_TEST]


def test_unusable_checkpoint_is_named(call: Call, copied: RunFolder) -> None:
    Path("broken.pt").write_text("not a checkpoint")
    for arguments in (("first", "broken.pt"), ("broken.pt", "first")):
        check_refused(call("compare", *arguments), 1, "broken.pt")


@pytest.mark.parametrize("arguments", [(), ("first",), ("first", "nothing"), ("nothing", "first")], ids=" ".join)
def test_missing_checkpoint_is_a_usage_error(call: Call, copied: RunFolder, arguments: tuple[str, ...]) -> None:
    check_refused(call("compare", *arguments), 2)
