"""The README and the program agree: commands, keys, pictures, links and examples."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import torch

from emnist_tui import cli
from emnist_tui.tui import keymap
from emnist_tui.tui.settings import SettingsFile
from tests.e2e.program import PROGRAM
from tests.support import markdown
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.markdown import README, section
from tests.support.parser import commands
from tests.support.project import PROJECT

USES_A_GPU = "train --device cuda"


def documented_commands() -> list[str]:
    """Return the commands in the README's table, the app as `[PATH]`."""
    return [name for names, _ in markdown.table(section(README, "Command line")) for name in markdown.code(names)]


def test_every_command_is_documented_once() -> None:
    assert sorted(documented_commands()) == sorted(["[PATH]", *commands()])


@pytest.mark.parametrize("command", [*markdown.shell_commands(README), *markdown.inline_commands(README)])
def test_every_command_in_the_text_can_be_parsed(command: str) -> None:
    cli.parse(shlex.split(command))


def test_every_key_is_documented_with_its_name() -> None:
    rows = markdown.table(section(README, "Keys"))
    documented = {name: keys for keys, names, *_ in rows for name in markdown.code(names)}
    assert set(documented) == set(keymap.DEFAULTS)
    for name in keymap.DEFAULTS:
        assert f"`{keymap.Keymap().label(name)}`".replace("^", "ctrl+") in documented[name], name


def test_every_example_setting_is_accepted(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "settings.toml").write_text(example)
    file = SettingsFile(tmp_path / "settings.toml")
    assert file.problems == []
    assert file.settings.keys == {"new": "ctrl+n"}


def test_the_readme_stays_short() -> None:
    assert len(README.read_text().split()) <= 1_800


def test_every_picture_and_link_exists() -> None:
    targets = markdown.links(README)
    assert targets
    for target in targets:
        anchor = target.partition("#")[2]
        file = markdown.linked_file(target)
        assert file.exists(), target
        assert not anchor or anchor in markdown.headings(file), target


def test_every_help_page_is_linked() -> None:
    linked = {markdown.linked_file(target) for target in markdown.links(README) if target.endswith(".md")}
    assert linked == set(markdown.PAGES)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working directory with the official archive's stand-in, imported."""
    folder = tmp_path_factory.mktemp("readme")
    write_archive(folder / "gzip.zip", *draw_arrows(640, 0), *draw_arrows(200, 1))
    run(folder, "data import gzip.zip")
    return folder


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    variables = {
        **os.environ,
        "EMNIST_TUI_DATA": str(folder / "data"),
        "EMNIST_TUI_SETTINGS": str(folder / "settings.toml"),
        "PYTHONPATH": str(PROJECT),
    }
    variables.pop("EMNIST_TUI_CHECKPOINTS", None)
    arguments = [*PROGRAM, *shlex.split(command)]
    return subprocess.run(
        arguments, cwd=folder, env=variables, capture_output=True, text=True, timeout=240, check=False
    )


def runnable() -> list[str]:
    """Return the examples that need neither terminal nor network, in order."""
    examples = dict.fromkeys([*markdown.shell_commands(README), *markdown.inline_commands(README)])
    left_out = ("data download", USES_A_GPU)
    return [command for command in examples if command.split()[0] in commands() and command not in left_out]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("command", runnable())
def test_every_example_runs(sandbox: Path, command: str) -> None:
    finished = run(sandbox, command)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.slow
def test_the_example_for_a_gpu_uses_it_or_says_why_not(sandbox: Path) -> None:
    assert USES_A_GPU in markdown.inline_commands(README)
    finished = run(sandbox, USES_A_GPU)
    if torch.cuda.is_available():
        assert finished.returncode == 0, finished.stderr
    else:
        assert finished.returncode == 2
        assert "CUDA" in finished.stderr.splitlines()[-1]
        assert "Traceback" not in finished.stderr
