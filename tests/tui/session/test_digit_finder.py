"""Digits by their index: from the mistakes, the kept sample or a process."""

from pathlib import Path

import numpy as np

from emnist_tui.analysis.digit_sample import Digit, DigitSample, keep_sample
from emnist_tui.tui.session.digit_finder import DigitFinder
from emnist_tui.tui.session.inside_digit import DigitPlace
from emnist_tui.tui.session.run_session import RunSession
from tests.support.fake_server import FakeServer
from tests.support.scripted_runs import evaluation, write_run
from tests.support.terminal import opened_checkpoint

FINGERPRINT = "0123456789abcdef"


def keep(root: Path, indices: list[int]) -> None:
    images = np.zeros((len(indices), 28, 28), np.uint8)
    images[:, 5, 5] = indices
    keep_sample(FINGERPRINT, DigitSample(images, np.array([3] * len(indices)), np.array(indices)))


def test_a_mistake_is_at_hand(tmp_path: Path) -> None:
    server = FakeServer()
    finder = DigitFinder(RunSession(write_run(tmp_path)), server)
    mistake = evaluation(seed=3).mistakes()[4]
    finder.find(DigitPlace("test", mistake.index))
    found = finder.poll()
    assert found
    assert (found.label.name, found.true) == (f"#{mistake.index}", mistake.true)
    assert np.array_equal(found.image, mistake.image)
    assert finder.poll() is None
    assert server.asked == []


def test_the_kept_sample_gives_its_digits_and_the_first_one_of_a_run(tmp_path: Path, no_data: Path) -> None:
    no_data.mkdir()
    keep(no_data, [7, 40])
    finder = DigitFinder(RunSession(write_run(tmp_path, epochs=0, ended=False)), FakeServer())
    assert finder.any_digit().label.name == "#7"
    finder.find(DigitPlace("test", 40))
    found = finder.poll()
    assert found
    assert found.image[5, 5] == 40
    assert found.true == 3


def test_without_a_sample_the_first_digit_comes_with_the_program(tmp_path: Path) -> None:
    finder = DigitFinder(RunSession(write_run(tmp_path)), FakeServer())
    assert finder.any_digit().label.name == "a synthetic 2"


def test_other_digits_are_asked_for(tmp_path: Path) -> None:
    server = FakeServer()
    opened = RunSession(write_run(tmp_path))
    finder = DigitFinder(opened, server)
    finder.find(DigitPlace("train", 5))
    assert finder.poll() is None
    assert finder.status.startswith("doing digit")
    ((name, (data, split, index)),) = server.asked
    assert (name, data.run, data.fingerprint, split, index) == (
        "digit", opened.follower.folder.path, FINGERPRINT, "train", 5,
    )  # fmt: skip
    image = np.ones((28, 28), np.uint8)
    server.requests[0].answer = Digit(image, 8, 5, "train", 60_000, "digits", FINGERPRINT)
    found = finder.poll()
    assert found
    assert (found.label.name, found.label.split, found.true, found.image is image) == ("#5", "train", 8, True)
    assert finder.status == ""


def test_a_digit_that_there_is_not_is_a_problem_once(tmp_path: Path) -> None:
    server = FakeServer()
    finder = DigitFinder(opened_checkpoint(tmp_path, tmp_path / "a.pt"), server)
    finder.find(DigitPlace("test", 999_999))
    assert server.asked[0][1][0].checkpoint == tmp_path / "a.pt"
    server.requests[0].problem = "The test split has 500 digits; write an index below."
    assert finder.poll() is None
    assert finder.take_problem().startswith("The test split")
    assert finder.take_problem() == ""


def test_a_picture_is_read_by_the_process(tmp_path: Path) -> None:
    server = FakeServer()
    finder = DigitFinder(RunSession(write_run(tmp_path)), server)
    finder.find(tmp_path / "my\x1b[1m2.png")
    assert server.asked == [("picture", (tmp_path / "my\x1b[1m2.png",))]
    server.requests[0].answer = np.ones((28, 28), np.uint8)
    found = finder.poll()
    assert found
    assert (found.label.name, found.label.split, found.true) == ("my\\x1b[1m2.png", "", None)
