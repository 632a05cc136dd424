"""One of the two that are compared: a run by its evaluations, a checkpoint by the one that is made for it."""

from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.folder import RunFolder, find_checkpoint
from emnist_tui.runs.record import summarize
from emnist_tui.text.formats import printable
from emnist_tui.tui.session.evaluations import Evaluations
from emnist_tui.tui.session.run_session import RunSession


class ComparisonSide:
    """A run's newest evaluation, or another one of it. `close` it: there may be a process of its own."""

    def __init__(self, path: Path, move: int = 0) -> None:
        """`move`: so many evaluations of a run after its newest, so 0 or less.

        What has no evaluation yet is evaluated in a process of its own. Raises `EmnistTuiError`.
        """
        self.path = path
        self.opened: RunSession | None = None
        """The process, and what it says; None where the evaluations were there."""
        self.evaluations = Evaluations(path)
        folder = RunFolder(path)
        if folder.exists():
            self.evaluations.take(summarize(folder).evaluations)
        if not len(self.evaluations):
            self.opened = RunSession.evaluate(find_checkpoint(path.parent, str(path)))
            self.evaluations = self.opened.evaluations
        self.evaluations.move(move)

    @property
    def name(self) -> str:
        """With the epoch where it is not the run's newest."""
        event = self.evaluations.event
        is_newest = event is None or self.evaluations.position == len(self.evaluations) - 1
        return printable(self.path.name) + ("" if is_newest or not event else f" epoch {event.epoch}")

    @property
    def evaluation(self) -> Evaluation | None:
        return self.evaluations.current

    @property
    def problem(self) -> str | None:
        """Why there is no evaluation and will be none."""
        return self.opened.problem if self.opened else self.evaluations.problem

    def poll(self) -> None:
        if self.opened:
            self.opened.poll()

    def close(self) -> None:
        """Ends what was started for it."""
        if self.opened:
            self.opened.close()
