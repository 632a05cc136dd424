"""One side of a comparison: a run's evaluation, or a checkpoint's."""

from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.folder import RunFolder, find_checkpoint
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.record import summarize
from emnist_tui.text.formats import printable
from emnist_tui.tui.session.evaluations import Evaluations
from emnist_tui.tui.session.run_session import RunSession


class ComparisonSide:
    """One evaluation of a run or checkpoint.

    `close` it: it may own a process.
    """

    def __init__(self, path: Path, move: int = 0, foreign: ForeignWeights = RECOGNIZED) -> None:
        """Select the evaluation `move` places after a run's newest (0 or less).

        A run or checkpoint without an evaluation is evaluated by a process, a checkpoint by the choices `foreign`.
        Raises `EmnistTuiError`.
        """
        self.path = path
        self.session: RunSession | None = None
        """Evaluation in progress or done; None where the run had evaluations."""
        self.evaluations = Evaluations(path)
        folder = RunFolder(path)
        if folder.exists():
            self.evaluations.take(summarize(folder).evaluations)
        if not len(self.evaluations):
            self.session = RunSession.evaluate(find_checkpoint(path.parent, str(path)), foreign)
            self.evaluations = self.session.evaluations
        self.evaluations.move(move)

    @property
    def name(self) -> str:
        """Name of the run or checkpoint, with an older evaluation's epoch."""
        event = self.evaluations.event
        is_old = event is not None and not self.evaluations.is_newest
        return printable(self.path.name) + (f" epoch {event.epoch}" if event and is_old else "")

    @property
    def evaluation(self) -> Evaluation | None:
        """Selected evaluation; None until it is written, or if it is unreadable."""
        return self.evaluations.current

    @property
    def problem(self) -> str | None:
        """Why no evaluation will come, as a sentence; None without a failure."""
        return self.session.problem if self.session else self.evaluations.problem

    def poll(self) -> None:
        """Read new events of an evaluation in progress."""
        if self.session:
            self.session.poll()

    def close(self) -> None:
        """End an evaluation in progress and delete its files."""
        if self.session:
            self.session.close()
