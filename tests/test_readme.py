"""What the README promises: its commands are there and run, its keys are bound, its pictures and links exist."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from emnist_tui import cli
from emnist_tui.tui import keys

PROJECT = Path(__file__).parents[1]
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
    own = {string for action in parser._actions for string in action.option_strings}
    return own.union(*(options(below) for below in subcommands(parser).values())) - EVERYWHERE


def commands() -> dict[str, argparse.ArgumentParser]:
    _, parser = cli._build_parser()
    return subcommands(parser)


def inline_commands() -> list[str]:
    """What is written as a command in the text, `…` and all."""
    text = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    return [found for found in re.findall(r"`(emnist-tui [^`]+)`", text) if "…" not in found]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_told_with_its_options(name: str) -> None:
    synopsis = synopses()[name]
    assert set(re.findall(r"--[a-z-]+", synopsis)) == options(commands()[name]), synopsis


def test_no_command_is_told_that_is_not_there() -> None:
    assert set(synopses()) - {"[PATH]"} == set(commands())


@pytest.mark.parametrize("command", inline_commands())
def test_what_is_written_as_a_command_is_one(command: str) -> None:
    words = shlex.split(command)[1:]
    if words[0] in commands() and len(words) == 1 and words[0] not in ("train", "runs", "settings", "serve"):
        pytest.skip("names a command without what it takes")
    cli._parse([word.replace("N", "1") if word == "N" else word for word in words])


def test_every_key_is_told() -> None:
    told = section("Keys")
    for name in keys.DEFAULTS:
        assert f"`{keys.key(name)}`".replace("^", "ctrl+") in told, name


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
