"""Commands launched as detached processes, and their logs."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import emnist_tui
from emnist_tui.runs import launch, lookup
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, Desired, read_control, write_control
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import RunFailed
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import ForeignWeights
from emnist_tui.runs.user_paths import typed_path
from tests.support.emnist_files import draw_arrows, encode_files
from tests.support.project import PROJECT

CONFIG = TrainConfig(data="synthetic", epochs=7, batch_size=16, learning_rate=0.5, seed=3, threads=2, validation=5)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Record the commands that would be launched, each after writing a line to its log."""
    commands: list[list[str]] = []

    monkeypatch.setenv("RANK", "1")  # of the shell that the app was started in

    def record(command: list[str], *, stderr: Any, start_new_session: bool, env: dict[str, str], **_: object) -> None:
        assert command[:3] == launch.own_command()
        assert start_new_session
        assert "RANK" not in env
        stderr.write(b"launched\n")
        commands.append(command[3:])

    monkeypatch.setattr(subprocess, "Popen", record)
    return commands


def test_the_arguments_of_train_give_the_same_configuration(tmp_path: Path) -> None:
    from emnist_tui.cli import parse
    from emnist_tui.commands.recipe_options import config_values

    net = tmp_path / "net.py"
    net.write_text("RECIPE = dict(warmup=0.1, threads=2, schedule='one-cycle')\ndef Net(): ...\n")
    own = TrainConfig.of(model=f"{net}:Net")
    automatic = replace(own, warmup=None, threads=None)
    for config in (
        CONFIG,
        TrainConfig.of(model="compact", validation=5, patience=2, ema=0.0, warmup=0.5),
        own,
        automatic,
        automatic.with_next_seed(),
    ):
        assert TrainConfig.of(**config_values(parse(["train", *launch.train_arguments(config)]))) == config


@pytest.mark.parametrize("name", ["-dash", "--epochs=9", "~", "~nobody", "file:first", "a b", "[red]"])
def test_no_name_is_taken_for_anything_else(
    name: str, tmp_path: Path, launched: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from emnist_tui.cli import parse

    monkeypatch.chdir(tmp_path)
    RunFolder(Path(name)).path.mkdir()
    RunFolder(Path(name)).run_json.touch()
    launch.launch_resumed(RunFolder(Path(name)))
    launch.launch_evaluation(Path(name) / "last.pt", Path(name) / "output", data=name)
    launch.launch_neighbors(Path(name) / "evaluation.npz", checkpoint=Path(name))
    resumed, evaluated, searched = (parse(arguments) for arguments in launched)
    assert lookup.find_run(Path(resumed.checkpoints), resumed.resume).path == tmp_path / name
    assert typed_path(evaluated.checkpoint) == Path(name) / "last.pt"
    assert (evaluated.output, evaluated.data) == (tmp_path / name / "output", name)
    assert searched.evaluation == Path(name) / "evaluation.npz"
    assert Path(searched.data_of) == tmp_path / name
    config = TrainConfig(data=name, epochs=2)
    assert parse(["train", *launch.train_arguments(config)]).data == name


def test_a_new_run_gets_its_folder_before_its_trainer(tmp_path: Path, launched: list[list[str]]) -> None:
    folder, _ = launch.launch_run(tmp_path / "runs", None, CONFIG)
    assert folder.path == tmp_path / "runs" / "baseline-001"
    assert launched == [
        ["train", f"--checkpoints={tmp_path / 'runs'}", "--name", "baseline-001", *launch.train_arguments(CONFIG)]
    ]
    assert folder.log.read_text() == "launched\n"
    assert folder.control.exists()


def test_a_run_whose_device_failed_is_resumed_on_the_one_that_works(tmp_path: Path, launched: list[list[str]]) -> None:
    folder = RunFolder(tmp_path / "first")
    folder.path.mkdir()
    resume = ["train", f"--checkpoints={tmp_path}", f"--resume={tmp_path / 'first'}"]
    for device, options in [("cpu", ["--device", "cpu"]), (None, []), ("--data=/x", [])]:
        folder.events.write_text(RunFailed(error="The GPU stopped working.", device=device).to_line())
        launched.clear()
        launch.launch_resumed(folder)
        assert launched == [[*resume, *options]]


def test_a_resumed_trainer_finds_no_earlier_request(tmp_path: Path, launched: list[list[str]]) -> None:
    folder = RunFolder(tmp_path / "first")
    folder.path.mkdir()
    write_control(folder.control, Control(Desired.STOP, 3))
    launch.launch_resumed(folder)
    launch.launch_resumed(folder, epochs=5)
    launch.launch_resumed(folder, epochs=5, patience=0)
    resume = ["train", f"--checkpoints={tmp_path}", f"--resume={tmp_path / 'first'}"]
    longer = [*resume, "--epochs", "5"]
    assert launched == [resume, longer, [*longer, "--patience", "0"]]
    assert read_control(folder.control) == Control()


def test_an_evaluation_creates_its_folder(tmp_path: Path, launched: list[list[str]]) -> None:
    checkpoint, output = tmp_path / "mine.pt", tmp_path / "new" / "folder"
    launch.launch_evaluation(checkpoint, output)
    launch.launch_evaluation(checkpoint, output, data="synthetic")
    evaluate = ["evaluate", str(checkpoint), f"--output={output}"]
    launch.launch_evaluation(checkpoint, output, foreign=ForeignWeights("ema", "mnist"))
    chosen = [*evaluate, "--key=ema", "--input-scaling=mnist"]
    assert launched == [evaluate, [*evaluate, "--data=synthetic"], chosen]
    assert (output / "trainer.log").exists()


def test_a_neighbor_search_gets_its_data_from_a_name_or_a_checkpoint(tmp_path: Path, launched: list[list[str]]) -> None:
    evaluation, checkpoint = tmp_path / "evaluation.npz", tmp_path / "mine.pt"
    launch.launch_neighbors(evaluation)
    launch.launch_neighbors(evaluation, data="synthetic", checkpoint=checkpoint)
    launch.launch_neighbors(evaluation, checkpoint=checkpoint)
    search = ["neighbors", str(evaluation)]
    launch.launch_neighbors(evaluation, checkpoint=checkpoint, key="ema")
    of_checkpoint = [*search, f"--data-of={checkpoint}"]
    assert launched == [search, [*search, "--data=synthetic"], of_checkpoint, [*of_checkpoint, "--key=ema"]]
    assert (tmp_path / "neighbors.log").exists()


def test_a_download_starts_with_a_new_log_and_no_request(tmp_path: Path, launched: list[list[str]]) -> None:
    folder = DownloadFolder(tmp_path)
    folder.path.mkdir(parents=True)
    folder.log.write_text("an earlier error\n")
    write_control(folder.control, Control(Desired.STOP))
    launch.launch_download(folder)
    assert launched == [["data", "download"]]
    assert folder.log.read_text() == "launched\n"
    assert read_control(folder.control) == Control()


def test_a_folder_that_cannot_be_written_is_a_user_facing_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        launch.launch_resumed(RunFolder(file))
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        launch.launch_evaluation(tmp_path / "mine.pt", file / "output")
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        launch.launch_neighbors(file / "evaluation.npz")
    with pytest.raises(EmnistTuiError, match="The data cannot be written"):
        launch.launch_download(DownloadFolder(file))


def test_a_launched_process_has_the_log_as_its_stderr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(tmp_path)
    with (tmp_path / "elsewhere").open("w") as elsewhere:
        monkeypatch.setattr(sys, "stderr", elsewhere)
        assert not launch.is_launched(folder)
        folder.log.touch()
        assert not launch.is_launched(folder)
    with folder.log.open("a") as log:
        monkeypatch.setattr(sys, "stderr", log)
        assert launch.is_launched(folder)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", None),
        (b"\n  \n", None),
        (b"loading\nemnist-tui: It failed.\n\n", "emnist-tui: It failed."),
        (b"x" * 10_000 + b"\nlast \xff\n", "last \ufffd"),
    ],
)
def test_the_last_line_of_a_log_is_the_last_that_is_not_blank(tmp_path: Path, content: bytes, line: str | None) -> None:
    log = tmp_path / "trainer.log"
    assert launch.last_log_line(log) is None
    log.write_bytes(content)
    assert launch.last_log_line(log) == line


def test_a_launched_process_is_detached_from_the_terminal(tmp_path: Path) -> None:
    process = launch.launch_evaluation(tmp_path / "missing.pt", tmp_path)
    assert os.getsid(process.pid) == process.pid
    assert process.wait(timeout=60) == 2
    assert "missing.pt" in (launch.last_log_line(tmp_path / "trainer.log") or "")


SHADOWS = ("random.py", "typing.py", "subprocess.py", "torch.py", "numpy/__init__.py", "emnist_tui/__init__.py")
"""Files that a user may have in the working directory, named like modules that the program imports."""


@pytest.fixture
def shadowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to a directory full of files named like modules, none of which may be imported."""
    for name in SHADOWS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise SystemExit('shadowed')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_launched_process_imports_nothing_of_the_working_directory(shadowed: Path) -> None:
    process = launch.launch_evaluation(Path("missing.pt"), shadowed / "output")
    assert process.wait(timeout=60) == 2
    assert "missing.pt" in (launch.last_log_line(shadowed / "output" / "trainer.log") or "")


@pytest.mark.parametrize("variables", [{}, {"PYTHONPATH": str(PROJECT)}])
def test_the_own_command_is_this_very_package(
    shadowed: Path, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed or a named package of another version is not started in its place."""
    package = shadowed / "elsewhere" / "emnist_tui"
    shutil.copytree(Path(emnist_tui.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").write_text('__version__ = "9.9.9"\n')
    monkeypatch.setattr(emnist_tui, "__file__", str(package / "__init__.py"))
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [*launch.own_command(), "--version"], capture_output=True, text=True, env={**kept, **variables}, timeout=60
    )
    assert (result.returncode, result.stdout) == (0, "emnist-tui 9.9.9\n"), result.stderr


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_run_trains_whatever_lies_in_the_working_directory(shadowed: Path) -> None:
    data = shadowed / "data"
    data.mkdir()
    for name, content in encode_files(*draw_arrows(320), *draw_arrows(100, seed=1)).items():
        (data / name).write_bytes(content)
    folder, process = launch.launch_run(shadowed / "runs", None, TrainConfig(data=str(data), epochs=1))
    assert process.wait(timeout=100) == 0, folder.log.read_text()
    assert folder.last_checkpoint.exists()


def test_the_process_of_networks_ends_with_its_input_and_has_no_terminal(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("wb") as stderr:
        process = launch.start_network_server(stderr)
    try:
        assert process.stdin
        assert process.stdout
        assert os.getsid(process.pid) == process.pid
        process.stdin.close()
        assert process.wait(30) == 0
        assert process.stdout.read() == b""
        process.stdout.close()
    finally:
        process.kill()


def test_a_process_of_networks_that_cannot_be_started_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "own_command", lambda: ["/nowhere/python"])
    with (
        (tmp_path / "stderr").open("wb") as stderr,
        pytest.raises(EmnistTuiError, match=r"cannot be started \(No such file or directory\); .*\.$"),
    ):
        launch.start_network_server(stderr)
