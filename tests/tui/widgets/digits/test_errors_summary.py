"""Filter line and accuracy line: their wording at any width."""

from pathlib import Path

import pytest

from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.error_review import ErrorFilter
from emnist_tui.tui.widgets.digits.errors_summary import accuracy_line, filter_line
from tests.support.scripted_runs import evaluation

EVALUATION = evaluation()
KEYS = Keymap()
ALL = ErrorFilter()
NARROW = ErrorFilter(true=4, predicted=7, confident=True, unjudged=True)


@pytest.fixture
def triage(tmp_path: Path) -> Triage:
    return Triage(tmp_path / "triage.json", EVALUATION.data, EVALUATION.fingerprint, EVALUATION.split)


def filter_text(chosen: ErrorFilter, room: int, shown: int = 43, keys: Keymap = KEYS) -> str:
    return filter_line(keys, chosen, 0, shown, room).plain


def accuracy_text(triage: Triage | None, room: int, *, undoable: bool = True) -> str:
    return accuracy_line(KEYS, EVALUATION, triage, undoable=undoable, room=room).plain


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (
            116,
            "1 of 43 · all mistakes · by loss, worst first   "
            "h confident mistakes only  j not judged  y copy  p PNG  g glyph",
        ),
        (76, "1 of 43 · all mistakes · by loss, worst first   h confident  j not judged"),
        (56, "1 of 43 · all mistakes · by loss, worst first"),
        (40, "1 of 43 · all mistakes · by loss"),
        (20, "1 of 43"),
    ],
)
def test_keys_are_omitted_before_the_order(room: int, expected: str) -> None:
    assert filter_text(ALL, room).rstrip() == expected


def test_keys_are_those_of_the_settings() -> None:
    assert "k confident" in filter_text(ALL, 76, keys=Keymap({"confident": "k"}))


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (
            116,
            " · true 4, predicted 7 · confident mistakes (≥ 90 %) · not judged · by loss, worst first · esc shows all",
        ),
        (100, " · true 4, predicted 7 · confident mistakes (≥ 90 %) · not judged · by loss · esc shows all"),
        (90, " · true 4, predicted 7 · confident mistakes · not judged · by loss · esc shows all"),
        (76, " · 4>7 · confident · not judged · by loss · esc shows all"),
        (56, " · 4>7 · confident · not judged · esc shows all"),
        (40, " · 4>7 · confident · not judged"),
        (20, ""),
    ],
)
def test_filters_are_shortened_after_the_order(room: int, expected: str) -> None:
    assert filter_text(NARROW, room, 3) == "1 of 3" + expected


def test_an_empty_selection_has_no_position() -> None:
    assert filter_text(NARROW, 116, 0).startswith("none · true 4")


def test_the_order_by_index_has_no_worst_first() -> None:
    assert " · by index " in filter_text(ErrorFilter(sort="index"), 116) + " "
    assert "worst first" not in filter_text(ErrorFilter(sort="index"), 116)


def test_the_accuracy_line_names_the_keys_before_the_first_judgment(triage: Triage) -> None:
    accuracy = f"Accuracy {EVALUATION.accuracy * 100:.2f} %"
    assert accuracy_text(triage, 76) == f"{accuracy} · w wrong label  a ambiguous  f model's fault"
    assert accuracy_text(triage, 56) == f"{accuracy} · w label  a ambiguous  f model"
    assert accuracy_text(triage, 20) == accuracy


def test_the_accuracy_line_names_an_earlier_epoch_first(triage: Triage) -> None:
    def text(room: int) -> str:
        return accuracy_line(KEYS, EVALUATION, triage, undoable=True, room=room, which="epoch 2").plain

    accuracy = f"ccuracy {EVALUATION.accuracy * 100:.2f} %"
    assert text(76) == f"Epoch 2 · a{accuracy} · w wrong label  a ambiguous  f model's fault"
    assert text(30) == f"Epoch 2 · a{accuracy}"
    assert text(20) == f"A{accuracy}"


@pytest.mark.parametrize(("number", "images"), [(1, "1 image"), (3, "3 images")])
def test_accuracy_excludes_images_judged_mislabeled(triage: Triage, number: int, images: str) -> None:
    wrong = len(EVALUATION.wrong)
    for index in EVALUATION.wrong[:number]:
        triage.judge(int(index), Verdict.WRONG_LABEL)
    accuracy, excluding = f"{EVALUATION.accuracy * 100:.2f}", f"{(500 - wrong) / (500 - number) * 100:.2f}"
    whole = f"Accuracy {accuracy} %; {excluding} % excluding {images} judged mislabeled"
    assert accuracy_text(triage, 116) == f"{whole} · u undo · {number} of {wrong} judged"
    assert accuracy_text(triage, 76) == f"{whole} · u undo"
    assert accuracy_text(triage, 76, undoable=False) == whole
    assert accuracy_text(triage, 56) == f"Accuracy {accuracy} %; {excluding} % excluding {number} mislabeled"


def test_other_verdicts_do_not_change_the_accuracy(triage: Triage) -> None:
    triage.judge(int(EVALUATION.wrong[0]), Verdict.AMBIGUOUS)
    assert accuracy_text(triage, 116).endswith(f" % · u undo · 1 of {len(EVALUATION.wrong)} judged")
    assert "excluding" not in accuracy_text(triage, 116)


def test_unreadable_judgments_are_reported() -> None:
    assert accuracy_text(None, 76).endswith(" · your judgments cannot be read")


@pytest.mark.parametrize("room", range(0, 120, 7))
def test_no_line_is_wider_than_its_room(triage: Triage, room: int) -> None:
    least = len("Accuracy 91.40 %")
    assert len(accuracy_text(triage, room)) <= max(least, room)
    triage.judge(int(EVALUATION.wrong[0]), Verdict.WRONG_LABEL)
    assert len(accuracy_text(triage, room)) <= max(least, room)
    for chosen in (ALL, NARROW):
        assert len(filter_text(chosen, room)) <= max(len("1 of 43"), room)
