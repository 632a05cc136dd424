"""The task's facts against the rest of the program."""

from emnist_tui.runs.task import CLASSES, SIDE
from emnist_tui.text.ascii_art import COLUMNS
from tests.support.scripted_runs import evaluation


def test_evaluations_have_the_classes_and_the_side_of_the_task() -> None:
    scripted = evaluation(50)
    assert len(set(scripted.true)) == CLASSES
    assert scripted.logits.shape == (50, CLASSES)
    assert scripted.confusion.shape == (CLASSES, CLASSES)
    assert scripted.wrong_images.shape[1:] == (SIDE, SIDE)


def test_ascii_art_has_a_width_of_one_column_per_pixel() -> None:
    assert SIDE in COLUMNS
