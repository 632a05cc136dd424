"""The user's judgments of misclassified digits, as the screens look at them."""

from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, Verdict, triage_path
from emnist_tui.runs.errors import EmnistTuiError

WORDS = {Verdict.WRONG_LABEL: "wrong label", Verdict.AMBIGUOUS: "ambiguous", Verdict.MODEL_FAULT: "model's fault"}


class TriageSession:
    """The judgments of one run or checkpoint; its evaluations of the same images share them."""

    def __init__(self, place: Path) -> None:
        """`place` is a run's folder or a checkpoint."""
        self._place = place
        self._triages: dict[tuple[str, str, str], Triage] = {}
        self._problems: dict[tuple[str, str, str], str] = {}
        self._undoable: dict[tuple[str, str, str], int] = {}

    def of(self, evaluation: Evaluation) -> Triage | None:
        """The judgments of its images; None where they cannot be read (see `problem`)."""
        key = _images_of(evaluation)
        if key not in self._triages and key not in self._problems:
            try:
                self._load(evaluation)
            except EmnistTuiError as error:
                self._problems[key] = str(error)
        return self._triages.get(key)

    def problem(self, evaluation: Evaluation) -> str | None:
        """Why the judgments cannot be read, as a sentence."""
        self.of(evaluation)
        return self._problems.get(_images_of(evaluation))

    def words(self, evaluation: Evaluation, index: int) -> str:
        """The verdict on an image; empty where it is not judged."""
        triage = self.of(evaluation)
        verdict = triage.verdict(index) if triage is not None else None
        return WORDS[verdict] if verdict else ""

    def judge(self, evaluation: Evaluation, index: int, verdict: Verdict) -> None:
        """Raises `EmnistTuiError` when it cannot be kept; nothing has changed then."""
        self._load(evaluation).judge(index, verdict)
        self._undoable[_images_of(evaluation)] = self.undoable(evaluation) + 1

    def undo(self, evaluation: Evaluation) -> int | None:
        """Takes back the last judgment made here; the image's index. Raises as `judge` does."""
        if not self.undoable(evaluation):
            return None
        index = self._load(evaluation).undo()
        self._undoable[_images_of(evaluation)] -= 1
        return index

    def undoable(self, evaluation: Evaluation) -> int:
        """How many judgments were made here and not taken back."""
        return self._undoable.get(_images_of(evaluation), 0)

    def _load(self, evaluation: Evaluation) -> Triage:
        """Tries a file that could not be read once more: it may have been mended."""
        key = _images_of(evaluation)
        if key not in self._triages:
            path = triage_path(self._place, evaluation.split)
            self._triages[key] = Triage.load(path, evaluation.data, evaluation.fingerprint, evaluation.split)
            self._problems.pop(key, None)
        return self._triages[key]


def _images_of(evaluation: Evaluation) -> tuple[str, str, str]:
    return evaluation.data, evaluation.fingerprint, evaluation.split
