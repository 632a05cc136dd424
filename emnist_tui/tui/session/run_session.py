"""What the screens look at: a run that is followed, or a checkpoint that is being evaluated."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired, ask_for, ask_for_save
from emnist_tui.runs.events import Evaluated, PhaseStarted
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.launch import last_log_line, launch_evaluation, launch_resumed, launch_run
from emnist_tui.runs.record import RunRecord, RunState
from emnist_tui.tui.session.evaluations import Evaluations
from emnist_tui.tui.session.neighbor_search import NeighborSearch
from emnist_tui.tui.session.triage_session import TriageSession

CONFIDENT = 0.9
"""From which confidence on a wrong answer is worth a look, 0 to 1."""


@dataclass(frozen=True)
class ErrorFilter:
    """Which misclassified images are looked at, and which come first."""

    true: int | None = None
    predicted: int | None = None
    sort: str = "loss"
    """One of `SORTS`."""
    confident: bool = False
    """Only those whose wrong answer is `CONFIDENT`."""
    unjudged: bool = False
    """Only those that the user has not judged."""

    @property
    def is_narrow(self) -> bool:
        """Some images may not pass."""
        return bool(str(self)) or self.confident or self.unjudged

    def __str__(self) -> str:
        """The classes as they are typed: `4>9`, `4>`, `>9`; empty when every class passes."""
        if self.true is None and self.predicted is None:
            return ""
        return f"{'' if self.true is None else self.true}>{'' if self.predicted is None else self.predicted}"


class RunSession:
    """One run or checkpoint, and the process that this terminal started for it, if it did."""

    def __init__(
        self,
        folder: RunFolder,
        process: "subprocess.Popen[bytes] | None" = None,
        checkpoint: Path | None = None,
    ) -> None:
        self.follower = RunFollower(folder)
        self.process = process
        self.checkpoint = checkpoint
        """A checkpoint that is shown on its own; None for a run."""
        self.evaluations = Evaluations(folder.path)
        self.filter = ErrorFilter()
        self.judging = TriageSession(checkpoint or folder.path)
        self.neighbors = NeighborSearch(checkpoint)
        self._awaited: PhaseStarted | None = None
        while self.poll():
            pass

    @classmethod
    def start(cls, root: Path, name: str | None, config: TrainConfig) -> "RunSession":
        """Starts a new run. Raises `EmnistTuiError`."""
        return cls(*launch_run(root, name, config))

    @classmethod
    def evaluate(cls, checkpoint: Path) -> "RunSession":
        """Evaluates a checkpoint in a process of its own. Raises `EmnistTuiError`."""
        output = Path(tempfile.mkdtemp(prefix="emnist-tui-evaluation-"))
        return cls(RunFolder(output), launch_evaluation(checkpoint, output), checkpoint)

    @property
    def home(self) -> Path:
        """The folder for what the user keeps of it."""
        return self.checkpoint.parent if self.checkpoint else self.follower.folder.path

    @property
    def record(self) -> RunRecord:
        return self.follower.record

    @property
    def name(self) -> str:
        if self.checkpoint is None:
            return self.follower.folder.name
        run = self.checkpoint.absolute().parent
        return f"{run.name}/{self.checkpoint.name}" if RunFolder(run).exists() else self.checkpoint.name

    @property
    def is_process_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def state(self) -> RunState:
        if self.checkpoint:
            if self.evaluation:
                return RunState.FINISHED
            return RunState.EVALUATING if self.is_process_alive else RunState.FAILED
        return self.record.state(is_training=self.follower.is_training or self.is_process_alive)

    @property
    def evaluation(self) -> Evaluation | None:
        """The one that is looked at."""
        return self.evaluations.current

    @property
    def evaluated(self) -> Evaluated | None:
        """The event that `evaluation` belongs to."""
        return self.evaluations.event

    @property
    def model(self) -> str | None:
        source = self.record.started or self.record.loaded
        return source.model if source else None

    @property
    def data(self) -> str | None:
        source = self.record.started or self.record.loaded
        return source.data if source else None

    @property
    def device(self) -> str | None:
        source = self.record.started or self.record.loaded
        return source.device if source else None

    @property
    def waiting_for(self) -> PhaseStarted | None:
        return self.record.phase if self.state.is_live else None

    @property
    def problem(self) -> str | None:
        """Why the run or the evaluation failed, as a sentence."""
        if self.state is RunState.FAILED:
            failed = self.record.failed
            return f"{failed.error} {failed.hint}".strip() if failed else self._last_words()
        if self.process and not self.is_process_alive and not self.checkpoint and self._has_heard_nothing:
            return self._last_words()
        return self.evaluations.problem

    def poll(self) -> bool:
        """Takes in what came since the last call; whether anything did."""
        changed = self.follower.poll()
        if changed:
            self.evaluations.take(self.record.evaluations)
        return changed

    def resume(self) -> None:
        """Goes on with a run whose trainer has ended, or is on its way out. Raises `EmnistTuiError`."""
        if self.state.is_live:
            return
        process = launch_resumed(self.follower.folder)
        self._let_go()
        self.process = process
        self._awaited = PhaseStarted(phase="starting the trainer")
        self.record.apply(self._awaited)

    def pause(self) -> None:
        """Raises `OSError`."""
        ask_for(self.follower.folder.control, Desired.PAUSE)

    def unpause(self) -> None:
        """Raises `OSError`."""
        ask_for(self.follower.folder.control, Desired.RUN)

    def save(self) -> None:
        """Raises `OSError`."""
        ask_for_save(self.follower.folder.control)

    def stop(self) -> None:
        """Raises `OSError`."""
        ask_for(self.follower.folder.control, Desired.STOP)

    def close(self) -> None:
        """Ends an evaluation and removes what it wrote, and a search for neighbors; a training run goes on."""
        self.neighbors.close()
        if self.checkpoint:
            if self.process:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.follower.folder.path, ignore_errors=True)
        else:
            self._let_go()

    @property
    def _has_heard_nothing(self) -> bool:
        """The trainer that was started last has not written an event, or not its last words."""
        if not self.record.started or (self._awaited is not None and self.record.phase is self._awaited):
            return True
        return self.state is RunState.INTERRUPTED and self.process is not None and (self.process.returncode or 0) > 0

    def _let_go(self) -> None:
        """A trainer outlives what is opened on purpose: nobody waits for it here."""
        if self.process and self.process.returncode is None:
            self.process.returncode = 0

    def _last_words(self) -> str:
        """The last line of the process's own output, where it could not say it in an event."""
        return last_log_line(self.follower.folder.log) or "The process ended without a word."
