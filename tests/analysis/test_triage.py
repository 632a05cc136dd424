"""Judgments and their file."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emnist_tui.analysis import triage as triages
from emnist_tui.analysis.triage import Triage, Verdict, to_csv, triage_path
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.scripted_runs import answered, write_run

ABOUT = ("bars", "abc", "test")


def load(path: Path) -> Triage:
    return Triage.load(path, *ABOUT)


def verdicts(triage: Triage) -> dict[int, str]:
    return {judgment.index: judgment.verdict.value for judgment in triage.judgments}


def test_loading_a_missing_file_writes_nothing(tmp_path: Path) -> None:
    triage = load(tmp_path / "triage.json")
    assert (len(triage), triage.judgments, triage.undo()) == (0, [], None)
    assert triage.counts == dict.fromkeys(Verdict, 0)
    assert triage.verdict(3) is None
    assert list(tmp_path.iterdir()) == []


def test_judgments_are_kept_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    triage = load(path)
    triage.judge(7, Verdict.AMBIGUOUS)
    triage.judge(3, Verdict.WRONG_LABEL)
    triage.judge(7, Verdict.MODEL_FAULT)
    assert verdicts(load(path)) == verdicts(triage) == {3: "wrong-label", 7: "model-fault"}
    assert load(path).judgments == triage.judgments
    assert load(path).counts == {Verdict.WRONG_LABEL: 1, Verdict.AMBIGUOUS: 0, Verdict.MODEL_FAULT: 1}
    assert load(path).verdict(7) is Verdict.MODEL_FAULT
    record = json.loads(path.read_text())
    assert (record["data"], record["fingerprint"], record["split"]) == ABOUT
    assert all(judgment["time"] > 1_700_000_000 for judgment in record["judgements"])


def test_undo_stops_at_the_start_of_the_session(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    load(path).judge(1, Verdict.AMBIGUOUS)
    triage = load(path)
    triage.judge(2, Verdict.WRONG_LABEL)
    triage.judge(1, Verdict.MODEL_FAULT)
    assert triage.undo() == 1
    assert verdicts(load(path)) == {1: "ambiguous", 2: "wrong-label"}
    assert triage.undo() == 2
    assert triage.undo() is None
    assert verdicts(load(path)) == verdicts(triage) == {1: "ambiguous"}


@settings(max_examples=25)
@given(st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 5), st.sampled_from(Verdict))), max_size=12))
def test_undo_reverts_exactly_one_judgment(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, Verdict] | None]
) -> None:
    """A step of None undoes; `states` is the expected stack of states."""
    triage = load(tmp_path_factory.mktemp("triage") / "triage.json")
    states: list[dict[int, str]] = [{}]
    for step in steps:
        if step is None:
            triage.undo()
            states = states[:-1] or [{}]
        else:
            triage.judge(*step)
            states.append({**states[-1], step[0]: step[1].value})
        assert verdicts(triage) == states[-1]
    if steps:
        assert verdicts(load(triage.path)) == states[-1] if triage.path.exists() else not states[-1]


def test_two_sessions_keep_each_others_judgments(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    one, other = load(path), load(path)
    one.judge(1, Verdict.AMBIGUOUS)
    other.judge(2, Verdict.WRONG_LABEL)
    one.judge(3, Verdict.MODEL_FAULT)
    assert verdicts(load(path)) == {1: "ambiguous", 2: "wrong-label", 3: "model-fault"}
    other.undo()
    assert verdicts(load(path)) == {1: "ambiguous", 3: "model-fault"}


def test_a_failed_write_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "triage.json"
    triage = load(path)
    triage.judge(1, Verdict.AMBIGUOUS)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(triages, "write_through", fail)
        for change in (lambda: triage.judge(2, Verdict.WRONG_LABEL), triage.undo):
            with pytest.raises(EmnistTuiError, match=r"triage\.json cannot be written \(No space left on device\)"):
                change()
            assert verdicts(triage) == {1: "ambiguous"}
            assert path.read_bytes() == before
    triage.judge(2, Verdict.WRONG_LABEL)
    assert verdicts(load(path)) == {1: "ambiguous", 2: "wrong-label"}
    assert (triage.undo(), triage.undo(), triage.undo()) == (2, 1, None)


def sound(**changes: Any) -> dict[str, Any]:
    judgments = [{"index": 4, "verdict": "ambiguous", "time": 1.7e9}]
    return {"format": 1, "data": "bars", "fingerprint": "abc", "split": "test", "judgements": judgments, **changes}


DAMAGED = [
    "",
    "{",
    "[]",
    "null",
    "\0",
    "[" * 100_000,
    *(json.dumps({key: value for key, value in sound().items() if key != name}) for name in sound()),
    json.dumps(sound(format=2)),
    json.dumps(sound(data=3)),
    json.dumps(sound(judgements=7)),
    json.dumps(sound(judgements=["x"])),
    json.dumps(sound(judgements=[{"index": -1, "verdict": "ambiguous", "time": 1.0}])),
    json.dumps(sound(judgements=[{"index": True, "verdict": "ambiguous", "time": 1.0}])),
    json.dumps(sound(judgements=[{"index": 1, "verdict": "fine", "time": 1.0}])),
    json.dumps(sound(judgements=[{"index": 1, "verdict": "ambiguous", "time": "now"}])),
    json.dumps(sound(judgements=[{"index": 1, "verdict": "ambiguous", "time": 10**400}])),
]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "triage.json"
    path.write_text(json.dumps(sound()))
    triage = load(path)
    assert verdicts(triage) == {4: "ambiguous"}
    path.write_text(content)
    with pytest.raises(EmnistTuiError, match=r"triage\.json is not a readable triage file .*move it away"):
        load(path)
    with pytest.raises(EmnistTuiError, match="not a readable"):
        triage.judge(1, Verdict.AMBIGUOUS)
    assert path.read_text() == content
    assert verdicts(triage) == {4: "ambiguous"}


@pytest.mark.parametrize(
    ("about", "accepted"),
    [
        (("bars", "abc", "test"), True),
        (("other name of the same data", "abc", "test"), True),
        (("bars", "", "test"), True),
        (("bars", "abd", "test"), False),
        (("stripes", "", "test"), False),
        (("bars", "abc", "validation"), False),
    ],
)
def test_judgments_of_other_data_are_refused(tmp_path: Path, about: tuple[str, str, str], accepted: bool) -> None:
    path = tmp_path / "triage.json"
    load(path).judge(4, Verdict.AMBIGUOUS)
    before = path.read_bytes()
    if accepted:
        assert verdicts(Triage.load(path, *about)) == {4: "ambiguous"}
        assert Triage.load(path, *about).fingerprint == "abc"
    else:
        with pytest.raises(EmnistTuiError, match="holds judgments of bars, test split, not of"):
            Triage.load(path, *about)
    assert path.read_bytes() == before


def test_accuracy_excludes_images_judged_mislabeled(tmp_path: Path) -> None:
    evaluation = answered([0, 1, 2, 3, 4], [0, 1, 9, 9, 9])
    triage = load(tmp_path / "triage.json")
    assert triage.accuracy_without_mislabeled(evaluation) is None
    triage.judge(2, Verdict.AMBIGUOUS)
    assert triage.accuracy_without_mislabeled(evaluation) == evaluation.accuracy == 2 / 5
    triage.judge(3, Verdict.WRONG_LABEL)
    assert triage.accuracy_without_mislabeled(evaluation) == 2 / 4
    triage.judge(0, Verdict.WRONG_LABEL)  # this network predicts the label that the user calls wrong
    assert triage.accuracy_without_mislabeled(evaluation) == 1 / 3
    triage.judge(99, Verdict.WRONG_LABEL)
    assert triage.accuracy_without_mislabeled(evaluation) == 1 / 3
    assert triage.unjudged(evaluation).tolist() == [4]
    for index in (1, 2, 4):
        triage.judge(index, Verdict.WRONG_LABEL)
    assert triage.accuracy_without_mislabeled(evaluation) is None


def test_rows_are_those_of_judged_images_or_of_given_indices(tmp_path: Path) -> None:
    evaluation = answered([0, 1, 2], [0, 9, 2])
    triage = load(tmp_path / "triage.json")
    triage.judge(1, Verdict.MODEL_FAULT)
    (row,) = triage.to_rows(evaluation)
    assert (row["index"], row["true"], row["predicted"], row["verdict"]) == (1, 1, 9, "model-fault")
    assert json.loads(json.dumps(row)) == row
    assert row["probabilities"] == pytest.approx(evaluation.probabilities[1])
    assert row["loss"] == pytest.approx(-np.log(evaluation.probabilities[1, 1]))
    table = list(csv.DictReader(to_csv(triage.to_rows(evaluation, range(3))).splitlines()))
    assert [row["index"] for row in table] == ["0", "1", "2"]
    assert [row["verdict"] for row in table] == ["", "model-fault", ""]
    for index, row in enumerate(table):
        shares = [float(row[f"p{digit}"]) for digit in range(10)]
        assert shares == pytest.approx(evaluation.probabilities[index], rel=1e-5)
        assert float(row["loss"]) == pytest.approx(evaluation.losses[index], rel=1e-5)


def test_the_checkpoints_of_a_run_share_a_file(tmp_path: Path) -> None:
    run = write_run(tmp_path, "run", epochs=1).path
    assert triage_path(run) == triage_path(run / "epoch-001.pt") == run / "triage.json"
    assert triage_path(run, "validation") == run / "triage-validation.json"
    assert triage_path(tmp_path / "mine.pt") == tmp_path / "mine.pt.triage.json"


def test_a_link_to_judgments_stays_a_link(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    shared = path.with_name("shared.json")
    load(shared).judge(1, Verdict.AMBIGUOUS)
    shared.chmod(0o660)
    path.symlink_to(shared)
    load(path).judge(2, Verdict.WRONG_LABEL)
    assert path.is_symlink()
    assert verdicts(load(shared)) == {1: "ambiguous", 2: "wrong-label"}
    assert shared.stat().st_mode & 0o777 == 0o660


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    path.symlink_to(path.with_name("elsewhere"))
    load(path).judge(1, Verdict.AMBIGUOUS)
    assert not path.is_symlink()
    assert not path.with_name("elsewhere").exists()


def test_a_write_protected_file_is_left_and_said(tmp_path: Path) -> None:
    path = tmp_path / "triage.json"
    load(path).judge(1, Verdict.AMBIGUOUS)
    path.chmod(0o444)
    with pytest.raises(EmnistTuiError, match=r"write-protected.*make the file writable"):
        load(path).judge(2, Verdict.AMBIGUOUS)
    assert verdicts(load(path)) == {1: "ambiguous"}
