"""Turns of a digit's prediction while its network trained."""

import numpy as np

from emnist_tui.analysis.course import Turn, first_right, predicted_class, turns_of
from emnist_tui.analysis.network.network import Network
from tests.support.recordings import GRAPH

STEPS = (0, 10, 20, 30, 40)
INK = np.zeros((28, 28), np.uint8)


def network(bias: list[float]) -> Network:
    weights = {"fc.weight": np.zeros((10, 784), np.float32), "fc.bias": np.array(bias, np.float32)}
    return Network(GRAPH, weights)


def test_an_image_is_predicted_as_the_class_of_the_largest_logit() -> None:
    assert predicted_class(network([0, 0, 5, 0, 0, 0, 0, 0, 0, 1]), INK) == 2


def test_an_image_without_finite_logits_has_no_class() -> None:
    assert predicted_class(network([0, 0, np.nan, 0, 0, 0, 0, 0, 0, 1]), INK) is None


def test_a_digit_turns_where_it_becomes_right_or_wrong() -> None:
    turns = turns_of(STEPS, [1, 8, 2, 7, 7], true=7)
    assert turns == (Turn(3, 30, 7, is_right=True),)
    turns = turns_of(STEPS, [7, 8, 2, 7, 1], true=7)
    assert [(turn.step, turn.is_right) for turn in turns] == [(0, True), (10, False), (30, True), (40, False)]
    assert first_right(turns) == turns[0]
    assert turns_of(STEPS, [1, 1, None, 2], true=7) == ()
    assert first_right(()) is None


def test_a_frame_without_an_answer_turns_nothing() -> None:
    assert [turn.step for turn in turns_of(STEPS, [7, None, 7, 3], true=7)] == [0, 30]


def test_frames_that_are_not_computed_yet_turn_nothing() -> None:
    assert [turn.step for turn in turns_of(STEPS, [0, 7], true=7)] == [10]
    assert turns_of(STEPS, [], true=7) == ()


def test_a_digit_of_unknown_class_turns_to_its_last_prediction() -> None:
    assert [(turn.step, turn.is_right) for turn in turns_of(STEPS, [1, 3, 4, 3, 3], None)] == [
        (10, True),
        (20, False),
        (30, True),
    ]
