"""What the README promises: its commands are there and run, its keys are bound, its pictures and links exist."""

import argparse
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from emnist_tui import cli
from emnist_tui.tui import keymap
from tests.e2e.program import PROGRAM
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.project import PROJECT

README = (PROJECT / "README.md").read_text()
FENCED = dict(re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
EVERYWHERE = {"-h", "--help", "--checkpoints", "--low-bandwidth"}


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def synopses() -> dict[str, str]:
    """Of each command, what the section "Command line" says that it takes."""
    block = section("Command line").split("```")[1]
    lines = re.sub(r"\n {3,}", " ", block).strip().splitlines()
    told: dict[str, str] = {}
    for line in lines:
        names, _, rest = line.removeprefix("emnist-tui").strip().partition(" ")
        for name in names.split("|"):
            told[name] = rest
    return told


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def options(parser: argparse.ArgumentParser) -> set[str]:
    """Its own and those of its actions."""
    own = {
        string
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        for string in action.option_strings
    }
    return own.union(*(options(below) for below in subcommands(parser).values())) - EVERYWHERE


def commands() -> dict[str, argparse.ArgumentParser]:
    return subcommands(cli.build_parser())


def inline_commands() -> list[str]:
    """What is written as a command in the text, `…` and all."""
    text = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    return [found for found in re.findall(r"`(emnist-tui [^`]+)`", text) if "…" not in found]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_told_with_its_options(name: str) -> None:
    synopsis = synopses()[name]
    assert set(re.findall(r"--[a-z-]+", synopsis)) - EVERYWHERE == options(commands()[name]), synopsis


def test_no_command_is_told_that_is_not_there() -> None:
    assert set(synopses()) - {"[PATH]"} == set(commands())


@pytest.mark.parametrize("command", inline_commands())
def test_what_is_written_as_a_command_is_one(command: str) -> None:
    words = shlex.split(command)[1:]
    if words[0] in commands() and len(words) == 1 and words[0] not in ("train", "runs", "settings", "serve"):
        pytest.skip("names a command without what it takes")
    cli.parse([word.replace("N", "1") if word == "N" else word for word in words])


def test_every_key_is_told() -> None:
    told = section("Keys")
    for name in keymap.DEFAULTS:
        assert f"`{keymap.Keymap().label(name)}`".replace("^", "ctrl+") in told, name


def test_pictures_and_links_are_there() -> None:
    found = re.findall(r"\]\(([^)#]+)\)", README)
    assert found
    for path in found:
        assert path.startswith("http") or (PROJECT / path).exists(), path
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= headings


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory as the README supposes it: an archive, the shipped checkpoint, a run of the name RUN."""
    folder = tmp_path_factory.mktemp("readme")
    write_archive(folder / "gzip.zip", *draw_arrows(640, 0), *draw_arrows(200, 1))
    (folder / "checkpoints").mkdir()
    shipped = Path("checkpoints/baseline-synthetic.pt")
    (folder / shipped).write_bytes((PROJECT / shipped).read_bytes())
    run(folder, "data import gzip.zip")
    run(folder, "train --name RUN --epochs 1")
    return folder


def run(folder: Path, words: str) -> subprocess.CompletedProcess[str]:
    variables = {
        **os.environ,
        "EMNIST_TUI_DATA": str(folder / "data"),
        "EMNIST_TUI_SETTINGS": str(folder / "settings.toml"),
        "PYTHONPATH": str(PROJECT),
    }
    variables.pop("EMNIST_TUI_CHECKPOINTS", None)
    command = [*PROGRAM, *shlex.split(words)]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=240, check=False)


def runnable() -> list[str]:
    """What runs by itself; the app and what waits for the network have tests of their own."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("emnist-tui ")]
    found = [command.removeprefix("emnist-tui ") for command in (*lines, *inline_commands())]
    return [words for words in dict.fromkeys(found) if "PATH" not in words and words.split()[0] in commands()]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("words", runnable())
def test_it_runs(sandbox: Path, words: str) -> None:
    if words == "data download":
        pytest.skip("needs the network; tests/commands/test_data_download.py has a server of its own")
    done = run(sandbox, words)
    assert done.returncode == 0, done.stderr
