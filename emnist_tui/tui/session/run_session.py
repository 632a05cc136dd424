"""A run that the app follows, or a checkpoint that it evaluates."""

import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import CheckpointLoaded, Evaluated, PhaseStarted, RunStarted
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.launch import launch_evaluation, launch_resumed, launch_run
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.record import RunRecord, RunState
from emnist_tui.runs.shipped import annotations_folder
from emnist_tui.tui.session.child_process import ChildProcess, last_log_line
from emnist_tui.tui.session.error_review import ErrorReview
from emnist_tui.tui.session.evaluations import EvaluationEnd, Evaluations
from emnist_tui.tui.session.replay import Replay
from emnist_tui.tui.session.requests import Request, TrainerRequests, requested_rate
from emnist_tui.tui.session.step_evaluations import StepEvaluations


class RunSession:
    """One run or checkpoint as the screens follow it."""

    def __init__(
        self,
        folder: RunFolder,
        process: "subprocess.Popen[bytes] | None" = None,
        checkpoint: Path | None = None,
        foreign: ForeignWeights = RECOGNIZED,
    ) -> None:
        """Read the events in `folder` so far.

        `process` is its trainer or evaluation if this terminal started it.
        """
        self.follower = RunFollower(folder)
        self.requests = TrainerRequests(self.follower)
        self.replay = Replay(self.follower)
        self.step_evaluations = StepEvaluations(self.follower, self.replay)
        self.process = ChildProcess(process) if process else None
        self.checkpoint = checkpoint
        """Checkpoint that is shown on its own; None for a run."""
        self.foreign = foreign
        """The user's choices about that checkpoint, and the file to run for a network of one's own."""
        self.evaluations = Evaluations(folder.path)
        self.review = ErrorReview(folder.path, checkpoint, foreign.key)
        self._resume_phase: PhaseStarted | None = None
        self._state_before = RunState.INTERRUPTED  # of a resume
        self.testing: RunSession | None = None
        """Evaluation of the run's last checkpoint in progress."""
        self._tested: list[RunSession] = []
        self._test_end: EvaluationEnd | None = None
        while self.poll():
            pass

    @classmethod
    def start(cls, root: Path, name: str | None, config: TrainConfig) -> "RunSession":
        """Launch a new run and follow it. Raises `EmnistTuiError`."""
        return cls(*launch_run(root, name, config))

    @classmethod
    def evaluate(cls, checkpoint: Path, foreign: ForeignWeights = RECOGNIZED, data: str | None = None) -> "RunSession":
        """Launch the evaluation of a checkpoint and follow it.

        The images are those of the source `data`, by default of the checkpoint's own. Raises `EmnistTuiError`.
        """
        output = Path(tempfile.mkdtemp(prefix="emnist-tui-evaluation-"))
        return cls(RunFolder(output), launch_evaluation(checkpoint, output, data, foreign), checkpoint, foreign)

    @property
    def home(self) -> Path:
        """Folder for files that the user saves: the run's, or the checkpoint's."""
        return annotations_folder(self.checkpoint) if self.checkpoint else self.follower.folder.path

    @property
    def record(self) -> RunRecord:
        return self.follower.record

    @property
    def name(self) -> str:
        if self.checkpoint is None:
            return self.follower.folder.full_name
        run = self.checkpoint.absolute().parent
        return f"{run.name}/{self.checkpoint.name}" if RunFolder(run).exists() else self.checkpoint.name

    @property
    def is_process_alive(self) -> bool:
        return self.process is not None and self.process.is_alive

    @property
    def state(self) -> RunState:
        if self.checkpoint:
            if self.evaluation:
                return RunState.FINISHED
            return RunState.EVALUATING if self.is_process_alive else RunState.FAILED
        state = self.record.state(is_training=self.is_process_alive or self.follower.is_training)
        is_refused = state is RunState.INTERRUPTED and self._resume_phase and self.record.phase is self._resume_phase
        return self._state_before if is_refused else state

    @property
    def pending(self) -> Request | None:
        """Last request that the trainer has not yet obeyed."""
        return self.requests.pending(is_live=self.state.is_live)

    @property
    def requested_rate(self) -> float | None:
        """Learning rate that a live trainer has not confirmed by its event."""
        rate = requested_rate(self.follower.folder.control) if self.state.is_live else None
        return None if rate == self.record.learning_rate else rate

    @property
    def evaluation(self) -> Evaluation | None:
        """Selected evaluation, with its predictions."""
        return self.evaluations.current

    @property
    def evaluated(self) -> Evaluated | None:
        """Event of the selected evaluation."""
        return self.evaluations.event

    @property
    def shown_file(self) -> str | None:
        """Name of the checkpoint shown, or of the selected evaluation."""
        if self.checkpoint:
            return self.checkpoint.name
        if self.evaluated and self.evaluations.is_joined(self.evaluated):
            return self.follower.folder.last_checkpoint.name
        return self.evaluations.path(self.evaluated).name if self.evaluated else None

    @property
    def model(self) -> str | None:
        return self._source.model if self._source else None

    @property
    def data(self) -> str | None:
        return self._source.data if self._source else None

    @property
    def network_to_ask_for(self) -> str | None:
        """Recorded network file that nobody has agreed to run, if any."""
        if self.foreign.network:
            return None
        if self.checkpoint:
            failed = self.record.failed
            return failed.network if failed else None
        config = self.record.config
        return config.model if config and NetworkFile.parse(config.model) else None

    def use_network(self, file: str) -> None:
        """Let the processes of this session run a network's file."""
        self.foreign = replace(self.foreign, network=file if NetworkFile.parse(file) else None)

    @property
    def device(self) -> str | None:
        return self._source.device if self._source else None

    @property
    def _source(self) -> RunStarted | CheckpointLoaded | None:
        """Event that names the model, data and device."""
        return self.record.started or self.record.loaded

    @property
    def waiting_for(self) -> PhaseStarted | None:
        return self.record.phase if self.state.is_live else None

    @property
    def problem(self) -> str | None:
        """Why the run or its evaluation failed, as a sentence.

        None without a failure.
        """
        if self.state is RunState.FAILED:
            failed = self.record.failed
            return f"{failed.error} {failed.hint}".strip() if failed else self._last_log_line()
        if not self.checkpoint and self._ended_without_event():
            return self._last_log_line()
        return self.evaluations.problem

    def poll(self) -> bool:
        """Read new events and return whether there were any."""
        changed = self.follower.poll()
        self.replay.poll()
        if changed:
            self.evaluations.take(self.record.evaluations)
        if self.testing:
            self._poll_test(self.testing)
        return changed

    @property
    def is_last_evaluated(self) -> bool:
        """Whether the last checkpoint has an evaluation, or gets one now."""
        saved = self.record.last_checkpoint
        return self.testing is not None or (saved is not None and self.evaluations.has(saved.step))

    def test_last(self) -> None:
        """Evaluate the last checkpoint and add the result to the evaluations.

        If the run has an evaluation of that step already, it is selected. Raises `EmnistTuiError`.
        """
        saved = self.record.last_checkpoint
        if self.testing:
            return
        if saved and self.evaluations.select(saved.step):
            self._test_end = EvaluationEnd(saved.step, is_new=False)
        else:
            self.testing = RunSession.evaluate(self.follower.folder.last_checkpoint, self.foreign)

    def take_test_end(self) -> EvaluationEnd | None:
        """Return the end of a test once, when it comes."""
        ended, self._test_end = self._test_end, None
        return ended

    def _poll_test(self, test: "RunSession") -> None:
        is_alive = test.is_process_alive  # before its last events are read
        test.poll()
        if is_alive and test.evaluation is None:
            return
        self.testing = None
        self._tested.append(test)
        event = test.evaluated
        if event is None:
            self._test_end = EvaluationEnd(0, problem=test.problem or "The last checkpoint could not be evaluated.")
            return
        folder = test.follower.folder.path
        is_new = self.evaluations.join(event, folder)
        self.review.neighbors.tell_checkpoint(self.evaluations.path(event), self.follower.folder.last_checkpoint)
        self._test_end = EvaluationEnd(event.step, is_new=is_new)

    def resume(self, epochs: int | None = None) -> None:
        """Launch a trainer that resumes the run, unless one is training.

        `epochs` is the new number of epochs of the whole run; one whose patience is used up then trains all of them.
        Raises `EmnistTuiError`.
        """
        if self.state.is_live:
            return
        patience = 0 if epochs and (self.record.early_end or self.record.is_exhausted) else None
        process = launch_resumed(self.follower.folder, epochs, patience, self.foreign.network)
        if self.process:
            self.process.detach()  # it may still be exiting
        self.process = ChildProcess(process)
        self.requests.clear()
        self._state_before = self.state
        self._resume_phase = PhaseStarted(phase="starting the trainer")
        self.record.apply(self._resume_phase)

    def pause(self) -> None:
        """Request a pause. Raises `OSError`."""
        self.requests.make(Request.PAUSE)

    def unpause(self) -> None:
        """Request the end of a pause. Raises `OSError`."""
        self.requests.make(Request.UNPAUSE)

    def save(self) -> None:
        """Request a checkpoint. Raises `OSError`."""
        self.requests.make(Request.SAVE)

    def stop(self) -> None:
        """Request a checkpoint and the end of the run. Raises `OSError`."""
        self.requests.make(Request.STOP)

    def move(self, path: Path) -> None:
        """Follow the run or checkpoint, which has another path now."""
        if self.checkpoint:
            self.checkpoint = path
        else:
            self.follower.move(RunFolder(path))
            self.evaluations.folder = path
        chosen = self.review.filter
        self.review.close()
        self.review = ErrorReview(self.follower.folder.path, self.checkpoint, self.foreign.key)
        self.review.filter = chosen

    def close(self) -> None:
        """End a neighbor search and an evaluation.

        The evaluation's files are deleted. A trainer keeps running.
        """
        self.review.close()
        self.replay.close()
        self.step_evaluations.close()
        for test in (*self._tested, *filter(None, [self.testing])):
            test.close()
        if self.checkpoint:
            if self.process:
                self.process.kill()
            shutil.rmtree(self.follower.folder.path, ignore_errors=True)
        elif self.process:
            self.process.detach()

    def _ended_without_event(self) -> bool:
        """Return whether the launched trainer ended without saying why in an event."""
        if self.process is None or self.process.is_alive:
            return False
        is_silent = not self.record.started or (self._resume_phase and self.record.phase is self._resume_phase)
        return bool(is_silent or (self.state is RunState.INTERRUPTED and self.process.has_failed))

    def _last_log_line(self) -> str:
        return last_log_line(self.follower.folder.log) or "The process ended without a message."
