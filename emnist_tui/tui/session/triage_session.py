"""The user's judgments of misclassified images during one session of the app."""

from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, Verdict, triage_path
from emnist_tui.runs.errors import EmnistTuiError

VERDICT_TEXTS = {
    Verdict.WRONG_LABEL: "wrong label",
    Verdict.AMBIGUOUS: "ambiguous",
    Verdict.MODEL_FAULT: "model's fault",
}

Images = tuple[str, str, str]
"""Data, fingerprint and split of an evaluation: evaluations of the same images share judgments."""


class TriageSession:
    """Judgments of one run or checkpoint that can be undone."""

    def __init__(self, place: Path) -> None:
        """Keep the judgments of the run's folder or checkpoint `place`."""
        self._place = place
        self._triages: dict[Images, Triage] = {}
        self._problems: dict[Images, str] = {}
        self._undoable: dict[Images, int] = {}

    def of(self, evaluation: Evaluation) -> Triage | None:
        """Return the judgments of an evaluation's images.

        None if they cannot be read (see `problem`).
        """
        key = _images_of(evaluation)
        if key not in self._triages and key not in self._problems:
            try:
                self._load(evaluation)
            except EmnistTuiError as error:
                self._problems[key] = str(error)
        return self._triages.get(key)

    def problem(self, evaluation: Evaluation) -> str | None:
        """Return why the judgments cannot be read; None if they can."""
        self.of(evaluation)
        return self._problems.get(_images_of(evaluation))

    def verdict_text(self, evaluation: Evaluation, index: int) -> str:
        """Return the verdict on an image; empty without a judgment."""
        triage = self.of(evaluation)
        verdict = triage.verdict(index) if triage is not None else None
        return VERDICT_TEXTS[verdict] if verdict else ""

    def judge(self, evaluation: Evaluation, index: int, verdict: Verdict, file: str | None = None) -> None:
        """Save a judgment on a mistake.

        `file` is the name of the evaluation or checkpoint. Raises `EmnistTuiError` when it cannot be saved; nothing has
        changed then.
        """
        self._load(evaluation).judge(index, verdict, file)
        self._undoable[_images_of(evaluation)] = self.undoable(evaluation) + 1

    def undo(self, evaluation: Evaluation) -> int | None:
        """Undo this session's last judgment and return the image's index.

        None without one.

        Raises as `judge` does.
        """
        if not self.undoable(evaluation):
            return None
        index = self._load(evaluation).undo()
        self._undoable[_images_of(evaluation)] -= 1
        return index

    def undoable(self, evaluation: Evaluation) -> int:
        """Return how many judgments of this session can be undone."""
        return self._undoable.get(_images_of(evaluation), 0)

    def _load(self, evaluation: Evaluation) -> Triage:
        """Load the judgments.

        After a failure they are loaded again: the user may have fixed the file.
        """
        key = _images_of(evaluation)
        if key not in self._triages:
            path = triage_path(self._place, evaluation.split)
            self._triages[key] = Triage.load(path, evaluation.data, evaluation.fingerprint, evaluation.split)
            self._problems.pop(key, None)
        return self._triages[key]


def _images_of(evaluation: Evaluation) -> Images:
    return evaluation.data, evaluation.fingerprint, evaluation.split
