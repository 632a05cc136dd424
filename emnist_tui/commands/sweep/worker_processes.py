"""Several workers of a sweep, each a process of its own."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from emnist_tui.learning.search.worker import End
from emnist_tui.runs import launch, signals
from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.runs.folder import unwritable
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.trial import Trial

_POLL_EVERY = 0.2  # seconds


class WorkerProcesses:
    """Processes that each run `sweep work`.

    Their output goes to logs in the sweep's folder.
    """

    def __init__(
        self, sweep: SweepFolder, count: int, device: str | None, on_trial: Callable[[Trial, Board], None]
    ) -> None:
        self._sweep = sweep
        self._count = count
        self._device = device
        self._on_trial = on_trial
        self._processes: list[subprocess.Popen[bytes]] = []
        self._is_leaving = False

    def run(self) -> End:
        """Start the processes and wait until all have ended.

        Raises `EmnistTuiError` if none of them could go on.
        """
        reader = SweepBoard(self._sweep)
        seen = {trial.number for trial in reader.refresh().trials if trial.state.has_ended}
        with signals.handled(self._handle):
            for _ in range(self._count):
                if not self._is_leaving:
                    self._processes.append(self._start())
                    if self._is_leaving:  # a signal came before the process was in the list
                        self._processes[-1].terminate()
            try:
                while any(process.poll() is None for process in self._processes):
                    self._show(reader.refresh(), seen)
                    time.sleep(_POLL_EVERY)
            finally:
                for process in self._processes:
                    process.terminate()  # those left by an error here
            self._show(reader.refresh(), seen)
        return self._end(reader.refresh())

    def _start(self) -> subprocess.Popen[bytes]:
        path = self._sweep.path.absolute()
        arguments = ["sweep", "work", str(path), f"--checkpoints={path.parent}"]
        if self._device:
            arguments.append(f"--device={self._device}")
        log = self._sweep.workers / f"starting-{len(self._processes) + 1}.log"
        try:
            self._sweep.workers.mkdir(exist_ok=True)
            with log.open("ab") as output:
                process = subprocess.Popen(
                    [*launch.own_command(), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=output,
                    start_new_session=True,  # a terminal's signals reach it through this process alone
                )
            log.replace(self._log(process))
        except OSError as error:
            raise unwritable(self._sweep.path, error) from None
        return process

    def _log(self, process: "subprocess.Popen[bytes]") -> Path:
        return self._sweep.workers / f"process-{process.pid}.log"

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        """Make every worker save and end, at a second interrupt at once."""
        if self._is_leaving and number != signal.SIGINT:
            return
        passed_on = signal.SIGINT if self._is_leaving else signal.SIGTERM
        self._is_leaving = True
        for process in self._processes:
            process.send_signal(passed_on)

    def _show(self, board: Board, seen: set[int]) -> None:
        for trial in board.trials:
            if trial.state.has_ended and trial.number not in seen:
                seen.add(trial.number)
                self._on_trial(trial, board)

    def _end(self, board: Board) -> End:
        codes = [process.returncode for process in self._processes]
        if self._is_leaving:
            return End.INTERRUPTED
        if ExitCode.DONE in codes:
            return End.STOPPED if board.desired is Desired.STOP else End.DONE
        failed = [process for process in self._processes if process.returncode > 0]
        reasons = [line for process in failed if (line := launch.last_log_line(self._log(process)))]
        if not reasons:
            raise EmnistTuiError(f"All workers were killed; see the logs in {self._sweep.workers}.")
        raise EmnistTuiError(reasons[0].removeprefix("emnist-tui: "))
