"""The parser and the dispatch: which command runs, with which options, and how it exits."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from emnist_tui.cli import COMMANDS, build_parser, main, parse
from emnist_tui.commands import settings
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.call import Call, check_refused
from tests.support.process import PROGRAM, environment
from tests.support.scripted_runs import write_run

# Dispatch


@pytest.mark.parametrize(
    ("line", "module", "expected"),
    [
        ("", "app", {"path": None, "checkpoints": None, "low_bandwidth": False}),
        ("first", "app", {"path": "first"}),
        ("./runs", "app", {"path": "./runs"}),
        ("-- runs", "app", {"path": "runs"}),
        ("--checkpoints runs", "app", {"path": None, "checkpoints": "runs"}),
        ("--checkpoints runs -- stop", "app", {"path": "stop", "checkpoints": "runs"}),
        ("--checkpoints=train", "app", {"path": None, "checkpoints": "train"}),
        ("--checkpoints train first", "app", {"path": "first", "checkpoints": "train"}),
        ("first --checkpoints stop", "app", {"path": "first", "checkpoints": "stop"}),
        ("first --low-bandwidth", "app", {"path": "first", "low_bandwidth": True}),
        ("--low-bandwidth first", "app", {"path": "first", "low_bandwidth": True}),
        ("--checkpoints runs runs", "runs", {"checkpoints": "runs", "low_bandwidth": False}),
        ("--checkpoints=train runs --json", "runs", {"checkpoints": "train", "json": True}),
        ("runs --checkpoints runs", "runs", {"checkpoints": "runs"}),
        ("--checkpoints a runs --checkpoints b", "runs", {"checkpoints": "b"}),
        ("pause runs", "control", {"command": "pause", "run": "runs"}),
        ("set runs learning-rate 1", "set", {"run": "runs", "setting": "learning-rate", "value": "1"}),
        ("evaluate train", "evaluate", {"checkpoint": "train"}),
        ("evaluate -- train", "evaluate", {"checkpoint": "train"}),
        ("compare stop runs", "compare", {"a": "stop", "b": "runs"}),
        ("train --name=runs", "train", {"name": "runs"}),
        ("serve runs --low-bandwidth", "serve", {"path": "runs", "low_bandwidth": True}),
        ("--low-bandwidth serve", "serve", {"low_bandwidth": True}),
        ("serve", "serve", {"low_bandwidth": False}),
        ("neighbours x.npz", "neighbors", {"command": "neighbors"}),
    ],
)
def test_first_argument_that_is_no_option_value_selects_the_command(
    line: str, module: str, expected: dict[str, object]
) -> None:
    options = vars(parse(line.split()))
    assert options["module"] == module
    assert {name: options[name] for name in expected} == expected


def test_runs_directory_named_like_a_command_is_opened_and_listed(
    call: Call, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(place / "runs", "first")
    assert [entry["name"] for entry in call("--checkpoints", "runs", "runs", "--json").json] == ["first"]
    opened: list[tuple[str, str | None]] = []

    def run(options: argparse.Namespace) -> int:
        opened.append((options.checkpoints, options.path))
        return 0

    monkeypatch.setattr("emnist_tui.commands.app.run", run)
    assert call("--checkpoints", "runs").code == 0
    assert opened == [("runs", None)]


def test_runs_directory_comes_from_option_or_environment(
    call: Call, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = place / "elsewhere"
    write_run(root, "first")
    for arguments in (["--checkpoints", root, "runs", "--json"], ["runs", "--json", "--checkpoints", root]):
        assert [entry["name"] for entry in call(*arguments).json] == ["first"]
    monkeypatch.setenv("EMNIST_TUI_CHECKPOINTS", str(root))
    assert [entry["name"] for entry in call("runs", "--json").json] == ["first"]


# Wrong use


@pytest.mark.parametrize("arguments", ["--low-bandwidth runs", "--low-bandwidth train --epochs 1"])
def test_low_bandwidth_is_refused_before_other_commands(call: Call, arguments: str) -> None:
    check_refused(call(*arguments.split()), 2, "--low-bandwidth is an option of the app and of `emnist-tui serve`")


@pytest.mark.parametrize(
    "arguments",
    [
        "train --color red",
        "train --epochs 0",
        "train --epochs three",
        "train --batch-size 0",
        "train --learning-rate 0",
        "train --learning-rate nan",
        "train --learning-rate 101",
        "train --seed -1",
        "train --threads 0",
        "train --validation -1",
        "train --device tpu",
        "train --model",
        "train --name a --resume b",
        "evaluate",
        "evaluate first --device tpu",
        "errors first --true 10",
        "errors first --sort name",
        "errors first --limit 0",
        "errors first --min-confidence 1.1",
        "errors first --min-confidence -0.1",
        "errors first --min-confidence nan",
        "errors first --min-confidence high",
        "data",
        "data destroy",
        "data import",
        "data import nowhere.zip",
        "pause",
        "runs first",
        "runs --low-bandwidth",
        "--checkpoints",
        "--color red",
        "--color red runs",
        "frobnicate first",
        "trian --epochs 3",
        "first runs",
    ],
)
def test_wrong_use_is_one_sentence(call: Call, place: Path, arguments: str) -> None:
    check_refused(call(*arguments.split()), 2)
    assert not (place / "checkpoints").exists() or list((place / "checkpoints").iterdir()) == []


def test_empty_model_is_a_usage_error(call: Call) -> None:
    check_refused(call("train", "--model", ""), 2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("trian", "There is no command, checkpoint or run trian (did you mean train?)"),
        ("TRAIN", "There is no command, checkpoint or run TRAIN (did you mean train?)"),
        ("trian --epochs 3", "there is no command trian (did you mean train?)"),
        ("rnus --json", "there is no command rnus (did you mean runs?)"),
        ("evalute first", "there is no command evalute (did you mean evaluate?)"),
        ("neighbour first.npz", "there is no command neighbour (did you mean neighbors?)"),
        ("frobnicate first", "there is no command frobnicate; see"),
        ("frobnicate", "There is no checkpoint or run frobnicate"),
        ("--low-bandwidht", "unrecognized arguments: --low-bandwidht"),
    ],
)
def test_misspelled_command_is_named_with_the_nearest_one(
    call: Call, place: Path, arguments: str, sentence: str
) -> None:
    check_refused(call(*arguments.split()), 2, sentence)


def test_run_named_like_a_misspelled_command_is_opened(call: Call, place: Path) -> None:
    write_run(place / "checkpoints", "trian")
    check_refused(call("trian"), 2, "needs a terminal")


# Help


@pytest.mark.parametrize(
    "arguments", ["--help", "--help runs", "first --help", "train --help", "data import --help", "--version"]
)
def test_help_goes_to_stdout(call: Call, arguments: str) -> None:
    result = call(*arguments.split())
    assert (result.code, result.err) == (0, "")
    assert "emnist-tui" in result.out.splitlines()[0]


def test_help_lists_every_command_on_a_small_screen(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = call("--help").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 23  # and the prompt
    listed = {name for line in lines for name in line.split()[:1] for name in name.split("|")}
    assert set(COMMANDS) <= listed
    assert sum("emnist-tui " in line for line in lines) >= 3  # the usage and the examples


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_fits_80_columns(name: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert [line for line in call(name, "--help").out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_for_its_options(name: str) -> None:
    parsers = [build_parser([name])]
    while parsers:
        for action in parsers.pop()._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
            elif not isinstance(action, argparse._HelpAction):
                assert action.help or action.choices, action


# Imports


@pytest.mark.parametrize(
    ("arguments", "imported"),
    [
        (["--help"], set()),
        (["train", "--resume", "none"], {"train"}),
        (["pause", "none"], {"control"}),
        (["set", "none", "learning-rate", "1"], {"control", "set"}),
        (["settings"], {"settings"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_only_the_module_of_the_command_is_imported(place: Path, arguments: list[str], imported: set[str]) -> None:
    script = (
        "import sys\nfrom emnist_tui import cli\n"
        "try:\n    cli.main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(*(name for name in tuple(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, env=environment(), timeout=60
    )
    modules = set(result.stderr.splitlines()[-1].split())
    commands = {f"emnist_tui.commands.{command.module}" for command in COMMANDS.values()} | {"emnist_tui.commands.app"}
    assert modules & commands == {f"emnist_tui.commands.{name}" for name in imported}
    assert not modules & {"torch", "requests", "textual"} or imported == {"settings"}


# Exit codes


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (EmnistTuiError("The disk is on fire\x1b[31m."), 1, r"The disk is on fire\x1b[31m."),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (BrokenPipeError(), 0, ""),
        (
            PermissionError(13, "Permission denied", "a/b"),
            1,
            "a/b cannot be used (Permission denied); check the path and its permissions.",
        ),
        (ValueError("bad"), 1, "Unexpected ValueError: bad; set EMNIST_TUI_DEBUG=1 to see where."),
    ],
)
def test_exception_decides_exit_code_and_message(
    call: Call, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, text: str
) -> None:
    def fail(options: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(settings, "run", fail)
    result = call("settings")
    assert (result.code, result.out) == (code, "")
    assert result.err == (f"emnist-tui: {text}\n" if text else "")


def test_unexpected_exception_is_raised_for_debugging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMNIST_TUI_DEBUG", "1")
    monkeypatch.setattr(settings, "run", lambda options: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        main(["settings"])


# Streams and surroundings


@pytest.mark.parametrize("is_buffered", [True, False])
@pytest.mark.parametrize("arguments", ["--help", "runs --help", "--version", "settings", "help recipe"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_unwritable_stdout_is_one_sentence(place: Path, arguments: str, *, is_buffered: bool) -> None:
    variables = environment() if is_buffered else {**environment(), "PYTHONUNBUFFERED": "1"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *arguments.split()], stdout=full, stderr=subprocess.PIPE, text=True, env=variables, timeout=60
        )
    expected = "emnist-tui: The output cannot be written (No space left on device); write it elsewhere.\n"
    assert done.returncode == 1
    assert done.stderr.splitlines(keepends=True)[-1] == expected
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("arguments", "code"), [("settings", 0), ("--help", 0), ("evaluate absent", 2), ("--colr", 2)])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_unwritable_stderr_changes_no_exit_code(place: Path, arguments: str, code: int) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, *arguments.split()], stdout=subprocess.PIPE, stderr=full, env=environment(), timeout=60
        )
    assert done.returncode == code
    assert bool(done.stdout) == (code == 0)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("arguments", "code"), [("settings", 0), ("--help", 0), ("evaluate absent", 2), ("", 2)])
@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_closed_streams_are_as_the_null_device(place: Path, closed: str, arguments: str, code: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {' '.join(PROGRAM)} {arguments} {closed}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert bool(done.stdout) == (code == 0 and ">&-" not in closed.split())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux deletes a directory in use")
@pytest.mark.parametrize(("arguments", "code"), [("runs", 1), ("train --epochs 1", 1), ("first", 1), ("help", 0)])
def test_deleted_working_directory_is_one_sentence(tmp_path: Path, arguments: str, code: int) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"cd {gone} && rmdir {gone} && exec {' '.join(PROGRAM)} {arguments}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment(), timeout=60)
    assert done.returncode == code
    expected = "emnist-tui: The working directory no longer exists; change to another one.\n"
    assert done.stderr.removeprefix("shell-init: ") == (expected if code else "")


def test_closed_stdout_is_no_error(place: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
