"""One side of a comparison: a run's evaluation, or a checkpoint's."""

from dataclasses import replace
from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.data_paths import SYNTHETIC
from emnist_tui.runs.errors import NetworkNeededError
from emnist_tui.runs.folder import RunFolder, is_file
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.lookup import find_checkpoint
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.record import RunRecord, summarize
from emnist_tui.text.formats import printable
from emnist_tui.tui.session.evaluations import Evaluations
from emnist_tui.tui.session.run_session import RunSession


class ComparisonSide:
    """One evaluation of a run or checkpoint.

    `close` it: it may own a process.
    """

    def __init__(
        self,
        path: Path,
        move: int = 0,
        foreign: ForeignWeights = RECOGNIZED,
        evaluations: Evaluations | None = None,
        data: str | None = None,
    ) -> None:
        """Select the evaluation `move` places after a run's newest (0 or less).

        They are read from the run's folder unless `evaluations` are given. A run or checkpoint without an evaluation
        is evaluated by a process, and so is one with `data`, a source of other images; a checkpoint by the choices
        `foreign`. Raises `EmnistTuiError`, and `NetworkNeededError` for a network of one's own without its file.
        """
        self.path = path
        self.session: RunSession | None = None
        """Evaluation in progress or done; None where the run had evaluations."""
        self.is_of_open_run = evaluations is not None
        """Whether it is one of several evaluations of the open run."""
        self._foreign, self._data = foreign, data
        self._record = summarize(RunFolder(path)) if RunFolder(path).exists() else RunRecord()
        self.evaluations = evaluations or Evaluations(path)
        if evaluations is None and data is None:
            self.evaluations.take(self._record.evaluations)
        if not len(self.evaluations):
            checkpoint = find_checkpoint(path.parent, str(path))
            config = self._record.config
            if config and NetworkFile.parse(config.model) and not foreign.network:
                raise NetworkNeededError(
                    f"{path.name} is of a network of your own; agree to run its file.", config.model
                )
            more = () if data is None else (data,)
            self.session = RunSession.evaluate(checkpoint, foreign, *more)
            self.evaluations = self.session.evaluations
        self.evaluations.move(move)

    @property
    def name(self) -> str:
        """Name of the run or checkpoint, with an older evaluation's epoch."""
        event = self.evaluations.event
        name = printable(self.path.name)
        if event and self.evaluations.is_joined(event):
            return f"{name} {self.evaluations.describe(event)}"
        return f"{name} epoch {event.epoch}" if event and not self.evaluations.is_newest else name

    @property
    def model(self) -> str | None:
        """Name of the network; None if it is unknown, or not yet."""
        if self._record.started:
            return printable(self._record.started.model)
        return printable(self.session.model) if self.session and self.session.model else None

    @property
    def evaluation(self) -> Evaluation | None:
        """Selected evaluation; None until it is written, or if it is unreadable."""
        return self.evaluations.current

    @property
    def foreign(self) -> ForeignWeights:
        """The user's choices about the weights."""
        return self._foreign

    @property
    def step(self) -> int | None:
        """Step of a run's evaluation."""
        return self.evaluations.event.step if self.evaluations.event and not self.session else None

    @property
    def checkpoint(self) -> Path:
        """File with the evaluated network, which may be deleted meanwhile."""
        if self.session and self.session.checkpoint:
            return self.session.checkpoint
        event = self.evaluations.event
        if event and event.epoch and not self.evaluations.is_joined(event):
            of_epoch = self.path / f"epoch-{event.epoch:03d}.pt"
            if is_file(of_epoch) or not self.evaluations.is_newest:
                return of_epoch
        return RunFolder(self.path).last_checkpoint

    @property
    def problem(self) -> str | None:
        """Why no evaluation will come, as a sentence; None without a failure."""
        return self.session.problem if self.session else self.evaluations.problem

    @property
    def source(self) -> str | None:
        """Source of the images as `--data` takes it; None if unknown."""
        if self.session:
            loaded = self.session.record.loaded
            return loaded.source if loaded else None
        started, config = self._record.started, self._record.config
        if not started or not config:
            return None
        source = RunFolder(self.path).recorded_data(started.fingerprint) or config.data
        if source != "auto":
            return source
        return "synthetic" if started.data == SYNTHETIC else "emnist"

    @property
    def test_images(self) -> int | None:
        """Images in the test split of its data; None if unknown."""
        if self.evaluation and self.evaluation.split == "test":
            return self.evaluation.images
        return self._record.started.test_images if self._record.started else None

    def on(self, source: str) -> "ComparisonSide":
        """Return the same network evaluated on the test split of `source`.

        Raises `EmnistTuiError`.
        """
        return ComparisonSide(self.path, foreign=self._foreign, data=source)

    @property
    def network_to_ask_for(self) -> str | None:
        """Recorded network file that the evaluation failed for want of."""
        return self.session.network_to_ask_for if self.session else None

    def use_network(self, file: str) -> None:
        """Let later evaluations run the file of a network of one's own."""
        self._foreign = replace(self._foreign, network=file)

    def again(self) -> "ComparisonSide":
        """Return the same network evaluated again on the same images. Raises `EmnistTuiError`."""
        return ComparisonSide(self.path, foreign=self._foreign, data=self._data)

    def poll(self) -> None:
        """Read new events of an evaluation in progress."""
        if self.session:
            self.session.poll()

    def close(self) -> None:
        """End an evaluation in progress and delete its files."""
        if self.session:
            self.session.close()
