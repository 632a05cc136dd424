"""Judgments during one session of the app."""

from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.analysis.triage import Verdict
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.tui.session.triage_session import TriageSession
from tests.support.scripted_runs import evaluation, write_run

JUDGED = evaluation()
FIRST, SECOND = (int(index) for index in JUDGED.wrong[:2])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return write_run(tmp_path, epochs=0).path


def test_a_judgment_is_shown_and_undone(place: Path) -> None:
    session = TriageSession(place)
    assert session.verdict_text(JUDGED, FIRST) == ""
    session.judge(JUDGED, FIRST, Verdict.WRONG_LABEL)
    session.judge(JUDGED, SECOND, Verdict.MODEL_FAULT)
    assert session.verdict_text(JUDGED, FIRST) == "wrong label"
    assert session.verdict_text(JUDGED, SECOND) == "model's fault"
    assert session.undoable(JUDGED) == 2
    assert session.undo(JUDGED) == SECOND
    assert session.undo(JUDGED) == FIRST
    assert session.undo(JUDGED) is None
    assert session.verdict_text(JUDGED, FIRST) == ""


def test_judgments_of_an_earlier_session_are_read_but_not_undone(place: Path) -> None:
    TriageSession(place).judge(JUDGED, FIRST, Verdict.AMBIGUOUS)
    session = TriageSession(place)
    assert session.verdict_text(JUDGED, FIRST) == "ambiguous"
    assert session.undoable(JUDGED) == 0
    assert session.undo(JUDGED) is None


def test_evaluations_of_the_same_images_share_judgments(place: Path) -> None:
    session = TriageSession(place)
    session.judge(JUDGED, FIRST, Verdict.AMBIGUOUS)
    assert session.verdict_text(replace(JUDGED, logits=JUDGED.logits + 1), FIRST) == "ambiguous"
    assert session.verdict_text(replace(JUDGED, split="validation"), FIRST) == ""


def test_a_damaged_file_is_a_problem_until_it_is_fixed(place: Path) -> None:
    file = place / "triage.json"
    file.write_text("{")
    session = TriageSession(place)
    assert session.of(JUDGED) is None
    assert session.problem(JUDGED)
    with pytest.raises(EmnistTuiError):
        session.judge(JUDGED, FIRST, Verdict.AMBIGUOUS)
    assert session.undoable(JUDGED) == 0
    file.unlink()
    session.judge(JUDGED, FIRST, Verdict.AMBIGUOUS)
    assert session.problem(JUDGED) is None
    assert session.verdict_text(JUDGED, FIRST) == "ambiguous"
