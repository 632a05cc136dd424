"""Launching trainers and other commands as detached processes that outlive the terminal."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import emnist_tui
from emnist_tui.runs import torchrun
from emnist_tui.runs.config import AUTOMATIC, DEVICES, TrainConfig
from emnist_tui.runs.control import Control, write_control
from emnist_tui.runs.data_paths import unwritable_data
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder, claim_folder, unwritable
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights

if TYPE_CHECKING:
    from emnist_tui.runs.sweeps.folder import SweepFolder

_LOG_TAIL = 4096  # bytes
WORKERS_LOG = "work.log"
"""Log of launched workers in a sweep's folder."""


def own_command() -> list[str]:
    """Return the command that starts this program, to which arguments are added.

    It runs this very package by its path, with `-P`: the working directory may hold files named like modules.
    """
    return [sys.executable, "-P", str(Path(emnist_tui.__file__).absolute().with_name("__main__.py"))]


def train_arguments(config: TrainConfig) -> list[str]:
    """Convert a configuration into options of `emnist-tui train`.

    Each is one word with its value, which may begin with a dash. None is left out, or the model's recipe would decide.
    """
    return [
        f"--{name.replace('_', '-')}={AUTOMATIC if value is None else value}"
        for name, value in config.to_json().items()
    ]


def launch_run(root: Path, name: str | None, config: TrainConfig) -> tuple[RunFolder, subprocess.Popen[bytes]]:
    """Launch the trainer of a new run. Raises as `claim_folder` does."""
    folder = claim_folder(root, name, config)
    arguments = ["train", f"--checkpoints={root.absolute()}", "--name", folder.name, *train_arguments(config)]
    return folder, _launch_trainer(folder, arguments)


def launch_resumed(
    folder: RunFolder, epochs: int | None = None, patience: int | None = None, network: str | None = None
) -> subprocess.Popen[bytes]:
    """Launch a trainer that resumes a run from its last checkpoint.

    `epochs` and `patience`, if given, replace those of the run; `network` is the file to run for a network of one's
    own, as `/path/to/file.py:Name`. Where the run's device has failed, it is resumed on one that works. Raises
    `EmnistTuiError` if the folder cannot be written.
    """
    path = folder.path.absolute()  # a name alone may look like an option, or a home folder
    arguments = ["train", f"--checkpoints={path.parent}", f"--resume={path}"]
    if epochs is not None:
        arguments += ["--epochs", str(epochs)]
    if patience is not None:
        arguments += ["--patience", str(patience)]
    from emnist_tui.runs.event_log import last_event  # here, since the app's first frame does not wait for the events
    from emnist_tui.runs.events import RunFailed

    end = last_event(folder.events)
    if isinstance(end, RunFailed) and end.device in DEVICES:
        arguments += ["--device", end.device]
    return _launch_trainer(folder, [*arguments, *ForeignWeights(network=network).arguments()])


def is_launched(folder: RunFolder | DownloadFolder) -> bool:
    """Check whether the app launched this process into the folder.

    Stderr is then the log in that folder.
    """
    try:
        return os.path.samestat(os.fstat(sys.stderr.fileno()), folder.log.stat())
    except (OSError, ValueError):  # no log, or stderr has no file descriptor
        return False


def last_log_line(log: Path) -> str | None:
    """Read the last line of a log; None if there is none."""
    try:
        text = log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
    except OSError:
        return None
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), None)


def launch_evaluation(
    checkpoint: Path, output: Path, data: str | None = None, foreign: ForeignWeights = RECOGNIZED
) -> subprocess.Popen[bytes]:
    """Launch an evaluation of a checkpoint into the folder `output`.

    The folder is read like a run's. `foreign` are the user's choices about the weights. Raises `EmnistTuiError` if
    `output` cannot be created.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(output, error) from None
    arguments = ["evaluate", _operand(checkpoint), f"--output={output.absolute()}", *foreign.arguments()]
    return _launch([*arguments, f"--data={data}"] if data else arguments, output / "trainer.log")


def launch_neighbors(
    evaluation: Path, data: str | None = None, checkpoint: Path | None = None, key: str | None = None
) -> subprocess.Popen[bytes]:
    """Launch a search for the neighbors of an evaluation's mistakes.

    The images come from the source `data`, or from the data that the weights `key` of `checkpoint` were trained on;
    without either, from the data of the run that the evaluation belongs to. The result is written to
    `neighbors_path(evaluation)`; an error is the last line of `neighbors.log` beside it. Raises `EmnistTuiError` if the
    folder cannot be written.
    """
    arguments = ["neighbors", _operand(evaluation)]
    if data:
        arguments += [f"--data={data}"]
    elif checkpoint:
        arguments += [f"--data-of={checkpoint.absolute()}", *ForeignWeights(key).arguments()]
    return _launch(arguments, evaluation.with_name("neighbors.log"))


def start_network_server(stderr: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the process that opens and computes networks for the app.

    It speaks `runs.frames` on stdin and stdout, and ends once its stdin is closed. Raises `EmnistTuiError` if it cannot
    be started.
    """
    try:
        return subprocess.Popen(
            [*own_command(), "network-server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,  # an interrupt at the terminal is for the app
            env=torchrun.without_place(os.environ),
        )
    except OSError as error:
        raise EmnistTuiError(
            f"The process that computes networks cannot be started ({error.strerror}); end other programs, and try "
            "again."
        ) from None


def launch_workers(sweep: "SweepFolder", number: int) -> subprocess.Popen[bytes]:
    """Launch workers of a sweep, which outlive the app.

    What they say before they have logs of their own is in `work.log` in the sweep's folder. Raises `EmnistTuiError` if
    it cannot be written.
    """
    return _launch(["sweep", "work", str(sweep.path.absolute()), "--workers", str(number)], sweep.path / WORKERS_LOG)


def launch_download(folder: DownloadFolder) -> subprocess.Popen[bytes]:
    """Launch a download of the official EMNIST digits.

    Raises `EmnistTuiError` if the data root cannot be written.
    """
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.log.unlink(missing_ok=True)  # so that its last line is of this download
        write_control(folder.control, Control())
    except OSError as error:
        raise unwritable_data(folder.path.parent, error) from None
    return _launch(["data", "download"], folder.log)


def _operand(path: Path) -> str:
    """Write a path that looks like no option, URL or home folder."""
    return str(path) if path.is_absolute() else f"./{path}"


def _launch_trainer(folder: RunFolder, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        # Here and not in the trainer, which may start reading only after the first request.
        write_control(folder.control, Control())
    except OSError as error:
        raise unwritable(folder.path, error) from None
    return _launch(arguments, folder.log)


def _launch(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    try:
        with log.open("ab") as output:
            return subprocess.Popen(
                [*own_command(), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,
                env=torchrun.without_place(os.environ),  # one process, wherever the app itself was started
            )
    except OSError as error:
        raise unwritable(log.parent, error) from None
