"""Filter, judgments and neighbors of one run's errors."""

from pathlib import Path

import pytest

from emnist_tui.analysis.triage import Verdict
from emnist_tui.tui.session.error_review import ErrorFilter, ErrorReview
from tests.support.scripted_runs import evaluation, write_run


@pytest.mark.parametrize(
    ("chosen", "text", "is_narrow"),
    [
        (ErrorFilter(), "", False),
        (ErrorFilter(sort="margin"), "", False),
        (ErrorFilter(4, 9), "4>9", True),
        (ErrorFilter(true=0), "0>", True),
        (ErrorFilter(predicted=0), ">0", True),
        (ErrorFilter(confident=True), "", True),
        (ErrorFilter(unjudged=True), "", True),
    ],
)
def test_a_filter_is_written_as_the_user_types_it(chosen: ErrorFilter, text: str, is_narrow: bool) -> None:
    assert str(chosen) == text
    assert chosen.is_narrow is is_narrow


def test_judgments_of_a_run_are_kept_in_its_folder_and_of_a_checkpoint_beside_it(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    judged = evaluation()
    place = tmp_path / "elsewhere"
    place.mkdir()
    for review in (ErrorReview(folder.path), ErrorReview(tmp_path / "output", place / "net.pt")):
        review.triage.judge(judged, int(judged.wrong[0]), Verdict.AMBIGUOUS)
        review.close()
    assert (folder.path / "triage.json").exists()
    assert [path.name for path in place.iterdir() if "triage" in path.name]
