"""A digit followed through a recording in a thread."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.runs.recorded_steps import RecordedSteps
from emnist_tui.runs.recording_writer import RecordingWriter
from emnist_tui.runs.weights_recording import RECORDING, Recording
from emnist_tui.tui.session.digit_course import DigitCourse
from tests.support.recordings import LAYOUT, answering, record

INK = np.zeros((28, 28), np.uint8)


def opened(run: Path) -> Recording:
    recording = Recording.open(run / RECORDING)
    assert recording is not None
    return recording


def finish(course: DigitCourse) -> None:
    while course.is_computing:
        time.sleep(0.001)


def test_a_digit_is_followed_while_the_recording_grows(tmp_path: Path) -> None:
    writer = record(tmp_path, [1, 7, 7])
    course = DigitCourse(INK, 7)
    assert (list(course.predicted), course.turns, course.is_computing) == ([], (), False)
    recording = opened(tmp_path)
    course.follow(recording)
    finish(course)
    assert course.predicted == [1, 7, 7]
    assert [turn.step for turn in course.turns] == [10]
    before = course.predicted
    writer.add(30, answering(2))
    writer.flush()
    newer = recording.newer()
    assert newer is not None
    course.follow(newer)
    finish(course)
    assert course.predicted is before
    assert course.predicted == [1, 7, 7, 2]
    assert [turn.step for turn in course.turns] == [10, 30]


def test_a_digit_is_followed_anew_where_frames_were_replaced(tmp_path: Path) -> None:
    record(tmp_path, [1, 7, 7])
    course = DigitCourse(INK, 7)
    course.follow(opened(tmp_path))
    finish(course)
    record(tmp_path, [4, 4], apart=5)
    course.follow(opened(tmp_path))
    finish(course)
    assert course.predicted == [4, 4]
    assert course.turns == ()


def test_a_closed_course_computes_no_more(tmp_path: Path) -> None:
    record(tmp_path, [1] * 200)
    course = DigitCourse(INK, 7)
    course.close()
    course.follow(opened(tmp_path))
    finish(course)
    assert course.predicted == []


def test_a_recording_that_is_gone_ends_the_course(tmp_path: Path) -> None:
    record(tmp_path, [1, 1])
    recording = opened(tmp_path)
    (tmp_path / RECORDING).unlink()
    course = DigitCourse(INK, 7)
    course.follow(recording)
    finish(course)
    assert course.predicted == []


def test_a_network_that_only_torch_can_compute_has_no_course(tmp_path: Path) -> None:
    layout = replace(LAYOUT, graph=Graph((Node("x", UNKNOWN, (INPUT,), {"type": "Own"}),)).to_json())
    writer = RecordingWriter(tmp_path / RECORDING, layout, RecordedSteps(1), None)
    writer.begin()
    writer.add(0, answering(1))
    writer.flush()
    course = DigitCourse(INK, 7)
    course.follow(opened(tmp_path))
    finish(course)
    assert course.predicted == []
