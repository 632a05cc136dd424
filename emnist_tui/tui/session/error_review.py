"""The user's review of a network's errors: filter, judgments and neighbors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation, Mistake
from emnist_tui.tui.session.neighbor_search import NeighborSearch
from emnist_tui.tui.session.triage_session import TriageSession

CONFIDENT = 0.9
"""Least confidence, 0 to 1, of a mistake that counts as confident."""


@dataclass(frozen=True)
class ErrorFilter:
    """Filter and order of the misclassified images."""

    true: int | None = None
    """True class to show; None for every class."""
    predicted: int | None = None
    """Predicted class to show; None for every class."""
    sort: str = "loss"
    """One of `SORTS`."""
    confident: bool = False
    """Only mistakes with a confidence of at least `CONFIDENT`."""
    unjudged: bool = False
    """Only images without a judgment of the user."""

    @property
    def is_narrow(self) -> bool:
        """True if the filter may exclude images."""
        return bool(str(self)) or self.confident or self.unjudged

    def __str__(self) -> str:
        """Return the classes as the user types them.

        `4>9`, `4>` or `>9`; empty for every class.
        """
        if self.true is None and self.predicted is None:
            return ""
        return f"{'' if self.true is None else self.true}>{'' if self.predicted is None else self.predicted}"


class ErrorReview:
    """Review of the errors of one run or checkpoint.

    The Confusion and Errors screens share it.
    """

    def __init__(self, run: Path, checkpoint: Path | None = None, key: str | None = None) -> None:
        """Review the run in folder `run`, or else a single `checkpoint`.

        `key` are its weights, where the user chose them.
        """
        self.filter = ErrorFilter()
        self.looked_at: tuple[Mistake, str] | None = None
        """Mistake that the user last looked at, and its split."""
        self.triage = TriageSession(checkpoint or run)
        self.neighbors = NeighborSearch(checkpoint, key)

    def chosen(self, evaluation: Evaluation) -> Sequence[Mistake]:
        """Return the mistakes that pass the filter, in its order."""
        chosen, triage = self.filter, self.triage.of(evaluation)
        return evaluation.mistakes(
            chosen.true,
            chosen.predicted,
            chosen.sort,
            min_confidence=CONFIDENT if chosen.confident else None,
            indices=triage.unjudged(evaluation).tolist() if chosen.unjudged and triage is not None else None,
        )

    def close(self) -> None:
        """End a running neighbor search."""
        self.neighbors.close()
