"""`emnist-tui completion`: its scripts in real shells."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from emnist_tui.cli import COMMANDS, main
from emnist_tui.commands.completion import SHELLS
from emnist_tui.commands.help import topics
from emnist_tui.commands.sweep.command import ACTIONS
from tests.support.scripted_runs import write_run
from tests.support.sweep_folders import make_sweep


@pytest.fixture
def script(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Write the script of the shell in the parameter. Skips the test where the shell is not installed."""
    shell = str(request.param)
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}, which is not installed")
    assert main(["completion", shell]) == 0
    printed = capsys.readouterr()
    assert not printed.err
    path = tmp_path / f"completion.{shell}"
    path.write_text(printed.out)
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working directory with two runs, two checkpoints and other files."""
    monkeypatch.delenv("EMNIST_TUI_CHECKPOINTS", raising=False)
    place = tmp_path / "place"
    for name in ("first", "second"):
        write_run(place / "checkpoints", name)
    make_sweep(place / "checkpoints/search")
    (place / "checkpoints/shipped.pt").touch()
    (place / "checkpoints/no-run").mkdir()
    write_run(place / "elsewhere", "third")
    (place / "mine.pt").touch()
    (place / "archive.zip").touch()
    return place


def run(*command: str, place: Path, **variables: str) -> list[str]:
    done = subprocess.run(
        command, cwd=place, env={**os.environ, **variables}, capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")[:-1]


def complete_in_bash(script: Path, place: Path, line: str, **variables: str) -> set[str]:
    """Return what bash offers for the last word of a line."""
    words = line.split(" ")
    code = f"""
        source {shlex.quote(str(script))}
        registered=($(complete -p emnist-tui))
        function=${{registered[@]: -2:1}}
        COMP_WORDS=({" ".join(map(shlex.quote, words))})
        COMP_CWORD={len(words) - 1}
        $function emnist-tui {shlex.quote(words[-1])} {shlex.quote(words[-2])}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return set(run("bash", "--norc", "-c", code, place=place, **variables)) - {""}


RUNS = {"first", "second"}
CHECKPOINTS = RUNS | {"shipped.pt", "mine.pt", "checkpoints", "elsewhere"}
FILES = {"mine.pt", "archive.zip", "checkpoints", "elsewhere"}


@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("emnist-tui ", {*COMMANDS, *CHECKPOINTS}),
        ("emnist-tui ev", {"evaluate"}),
        ("emnist-tui mi", {"mine.pt"}),
        ("emnist-tui fi", {"first"}),
        ("emnist-tui --lo", {"--low-bandwidth"}),
        ("emnist-tui --low-bandwidth ru", {"runs"}),
        ("emnist-tui pause ", RUNS),
        ("emnist-tui stop se", {"second"}),
        ("emnist-tui set ", RUNS),
        ("emnist-tui set first ", {"learning-rate"}),
        ("emnist-tui --checkpoints elsewhere stop ", {"third"}),
        ("emnist-tui train --resume ", RUNS),
        ("emnist-tui train --name ", set()),
        ("emnist-tui train --data ", {"auto", "emnist", "synthetic", *FILES}),
        ("emnist-tui train --data a", {"auto", "archive.zip"}),
        ("emnist-tui train --device c", {"cpu", "cuda"}),
        ("emnist-tui train --ten", {"--tensorboard"}),
        ("emnist-tui evaluate ", CHECKPOINTS),
        ("emnist-tui evaluate checkpoints/s", {"checkpoints/shipped.pt", "checkpoints/second", "checkpoints/search"}),
        ("emnist-tui compare first ", CHECKPOINTS),
        ("emnist-tui errors first --sort ", {"loss", "confidence", "margin", "index"}),
        ("emnist-tui report first --output e", {"elsewhere"}),
        ("emnist-tui serve m", {"mine.pt"}),
        ("emnist-tui sweep ", set(ACTIONS)),
        ("emnist-tui sweep show ", {"search"}),
        ("emnist-tui sweep work s", {"search"}),
        ("emnist-tui sweep new ", set()),
        ("emnist-tui sweep new mine --sampler r", {"random"}),
        ("emnist-tui sweep new mine --data s", {"synthetic"}),
        ("emnist-tui data ", {"status", "download", "import"}),
        ("emnist-tui data import a", {"archive.zip"}),
        ("emnist-tui export first --format o", {"onnx"}),
        ("emnist-tui export fi", {"first"}),
        ("emnist-tui predict first a", {"archive.zip"}),
        ("emnist-tui completion ", set(SHELLS)),
        ("emnist-tui help ", set(topics())),
        ("emnist-tui serve --low", {"--low-bandwidth"}),
        ("emnist-tui errors first --neigh", {"--neighbors"}),
        ("emnist-tui explain first --split ", {"test", "train", "validation"}),
        ("emnist-tui explain first --file a", {"archive.zip"}),
    ],
)
def test_bash_offers(script: Path, place: Path, line: str, offered: set[str]) -> None:
    assert complete_in_bash(script, place, line) == offered


@pytest.mark.parametrize("script", ["bash"], indirect=True)
def test_bash_finds_runs_by_the_environment_variable(script: Path, place: Path) -> None:
    assert complete_in_bash(script, place, "emnist-tui pause ", EMNIST_TUI_CHECKPOINTS="elsewhere") == {"third"}


@pytest.mark.parametrize("script", ["fish"], indirect=True)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("emnist-tui ev", {"evaluate"}),
        ("emnist-tui fi", {"first"}),
        ("emnist-tui pause ", RUNS),
        ("emnist-tui --checkpoints elsewhere stop ", {"third"}),
        ("emnist-tui train --data a", {"auto", "archive.zip"}),
        ("emnist-tui set ", RUNS),
        ("emnist-tui set first ", {"learning-rate"}),
        ("emnist-tui evaluate s", {"second", "shipped.pt"}),
        ("emnist-tui evaluate m", {"mine.pt"}),
        ("emnist-tui sweep show s", {"search"}),
        ("emnist-tui errors first --sort ", {"loss", "confidence", "margin", "index"}),
    ],
)
def test_fish_offers(script: Path, place: Path, line: str, offered: set[str]) -> None:
    code = f"source {shlex.quote(str(script))}; complete -C {shlex.quote(line)}"
    found = run("fish", "--no-config", "-c", code, place=place)
    assert {words.split("\t")[0] for words in found} == offered


@pytest.mark.parametrize("script", ["zsh"], indirect=True)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("emnist-tui ev", {"evaluate"}),
        ("emnist-tui fi", {"first"}),
        ("emnist-tui mi", {"mine.pt"}),
        ("emnist-tui pause f", {"first"}),
        ("emnist-tui --checkpoints elsewhere stop t", {"third"}),
        ("emnist-tui train --data arc", {"archive.zip"}),
        ("emnist-tui set fi", {"first"}),
        ("emnist-tui set first l", {"learning-rate"}),
        ("emnist-tui evaluate shi", {"shipped.pt"}),
        ("emnist-tui sweep show s", {"search"}),
        ("emnist-tui errors first --sort mar", {"margin"}),
    ],
)
def test_zsh_completes(script: Path, place: Path, line: str, offered: set[str]) -> None:
    """Complete the last word in a zsh with its own terminal; only one word fits."""
    script.rename(script.with_name("_emnist-tui"))  # as it is installed
    (only,) = offered
    completed = line.rpartition(" ")[0] + " " + only
    code = f"""
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1=; unsetopt prompt_cr prompt_sp; bindkey "^I" complete-word'
        zpty -w shell 'fpath+=({script.parent}); autoload -U compinit; compinit -D -u'
        zpty -w shell 'show() {{ print -r -- "<<$BUFFER>>"; }}; zle -N show; bindkey "^G" show; print re""ady'
        zpty -r -m shell seen '*ready*'
        zpty -n -w shell {shlex.quote(line)}$'\\t\\a'
        zpty -r -m shell seen '*<<*>>*'
        print -r -- "${{${{seen#*<<}}%%>>*}}"
        zpty -d shell
    """
    assert run("zsh", "-f", "-c", code, place=place, TERM="dumb", ZDOTDIR=str(place)) == [f"{completed} "]


def test_help_explains_installation(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["completion", "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"emnist-tui completion {shell}" in shown for shell in SHELLS)


@pytest.mark.parametrize("shell", ["cmd", "tcsh"])
def test_unknown_shell_is_a_usage_error(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["completion", shell])
    assert stopped.value.code == 2
    assert f"invalid choice: '{shell}'" in capsys.readouterr().err
