"""Starting a trainer as a process of its own, which the end of the terminal does not end."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, write_control
from emnist_tui.runs.data_paths import unwritable_data
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.folder import RunFolder, claim_folder, unwritable

_LOG_TAIL = 4096  # bytes


def train_arguments(config: TrainConfig) -> list[str]:
    """The options of `emnist-tui train` that say the same as `config`."""
    arguments: list[str] = []
    for name, value in config.to_json().items():
        if value is not None:
            arguments += [f"--{name.replace('_', '-')}", str(value)]
    return arguments


def launch_run(root: Path, name: str | None, config: TrainConfig) -> tuple[RunFolder, subprocess.Popen[bytes]]:
    """Starts a new run. Raises what `claim_folder` raises."""
    folder = claim_folder(root, name, config)
    arguments = ["train", "--checkpoints", str(root), "--name", folder.name, *train_arguments(config)]
    return folder, _launch_trainer(folder, arguments)


def launch_resumed(folder: RunFolder, epochs: int | None = None) -> subprocess.Popen[bytes]:
    """Goes on with a run from its last checkpoint. Raises `EmnistTuiError` when its folder cannot be written."""
    arguments = ["train", "--checkpoints", str(folder.path.parent), "--resume", folder.name]
    if epochs is not None:
        arguments += ["--epochs", str(epochs)]
    return _launch_trainer(folder, arguments)


def is_launched(folder: RunFolder | DownloadFolder) -> bool:
    """Whether this process was launched into the folder, by an app: then its words go to the log there."""
    try:
        return os.path.samestat(os.fstat(sys.stderr.fileno()), folder.log.stat())
    except (OSError, ValueError):  # no such file, or no descriptor behind stderr
        return False


def last_log_line(log: Path) -> str | None:
    """The last line that a launched process wrote to its log; None where there is none."""
    try:
        text = log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
    except OSError:
        return None
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), None)


def launch_evaluation(checkpoint: Path, output: Path, data: str | None = None) -> subprocess.Popen[bytes]:
    """Evaluates a checkpoint into the folder `output`, which is then read like a run's.

    Raises `EmnistTuiError` when `output` cannot be made.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(output, error) from None
    arguments = ["evaluate", str(checkpoint), "--output", str(output)]
    return _launch([*arguments, "--data", data] if data else arguments, output / "trainer.log")


def launch_neighbors(
    evaluation: Path, data: str | None = None, checkpoint: Path | None = None
) -> subprocess.Popen[bytes]:
    """Finds the neighbors of an evaluation's mistakes, into `neighbors_path(evaluation)` if all went well.

    The images are those of the source `data`, or those that `checkpoint` was trained on; without either, those of the
    run in whose folder the evaluation is. What went wrong is the last line of `neighbors.log` there.

    Raises `EmnistTuiError` when the folder cannot be written.
    """
    arguments = ["neighbors", str(evaluation)]
    if data:
        arguments += ["--data", data]
    elif checkpoint:
        arguments += ["--data-of", str(checkpoint)]
    return _launch(arguments, evaluation.with_name("neighbors.log"))


def launch_download(folder: DownloadFolder) -> subprocess.Popen[bytes]:
    """Fetches the official EMNIST digits. Raises `EmnistTuiError` when the data root cannot be written."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.log.unlink(missing_ok=True)  # the last words there are then of this download
        write_control(folder.control, Control())
    except OSError as error:
        raise unwritable_data(folder.path.parent, error) from None
    return _launch(["data", "download"], folder.log)


def _launch_trainer(folder: RunFolder, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        # Here and not in the trainer, which may come to read it only after the first wish.
        write_control(folder.control, Control())
    except OSError as error:
        raise unwritable(folder.path, error) from None
    return _launch(arguments, folder.log)


def _launch(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    try:
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "emnist_tui", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,
            )
    except OSError as error:
        raise unwritable(log.parent, error) from None
