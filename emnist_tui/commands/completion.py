"""The `completion` command: what makes a shell complete commands, options, runs and checkpoints at the tab key."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emnist_tui.runs.errors import ExitCode

SHELLS = ("bash", "zsh", "fish", "tcsh")

INSTALLATION = """\
to install it:
  bash  emnist-tui completion bash > ~/.emnist-tui.bash
        and in ~/.bashrc: source ~/.emnist-tui.bash
  zsh   mkdir -p ~/.zfunc; emnist-tui completion zsh > ~/.zfunc/_emnist-tui
        and in ~/.zshrc, before compinit: fpath+=(~/.zfunc)
  fish  emnist-tui completion fish > ~/.config/fish/completions/emnist-tui.fish
        which every new shell finds
  tcsh  emnist-tui completion tcsh > ~/.emnist-tui.tcsh
        and in ~/.tcshrc: source ~/.emnist-tui.tcsh (all but the names of runs)
"""

_WORDS = {"device": "auto cpu cuda", "model": "baseline"}
"""Options that are checked elsewhere than in the parser, and what they take."""

_RUNS = {"bash": "_emnist_tui_runs", "zsh": "_emnist_tui_runs", "fish": "(_emnist_tui_runs)"}
# shtab takes what a function prints for names of files when it is called like one.
_CHECKPOINTS = {
    "bash": "_emnist_tui_checkpoint_files",
    "zsh": "_emnist_tui_checkpoints",
    "fish": "(_emnist_tui_checkpoints)",
    "tcsh": "f",
}
_DATA = {"bash": "_emnist_tui_data_files", "zsh": "_emnist_tui_data", "fish": "(_emnist_tui_data)", "tcsh": "f"}

_BASH = """
# The home of runs: --checkpoints if it was given, else the variable, else checkpoints.
_emnist_tui_root() {
  local i root=${EMNIST_TUI_CHECKPOINTS:-checkpoints}
  for ((i = 2; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i-1]} == --checkpoints ]] && root=${COMP_WORDS[i]/#\\~/$HOME}
  done
  printf '%s' "$root"
}
_emnist_tui_runs() {
  local path
  for path in "$(_emnist_tui_root)"/*/run.json; do
    path=${path%/run.json}
    [[ -e $path && ${path##*/} == "$1"* ]] && printf '%s\\n' "${path##*/}"
  done
}
_emnist_tui_checkpoint_files() {
  local path
  _emnist_tui_runs "$1"
  for path in "$(_emnist_tui_root)"/*.pt; do
    [[ -e $path && ${path##*/} == "$1"* ]] && printf '%s\\n' "${path##*/}"
  done
  compgen -f -X '!*.pt' -- "$1"
  compgen -d -- "$1"
}
_emnist_tui_data_files() {
  compgen -W 'auto emnist synthetic' -- "$1"
  compgen -f -- "$1"
}
# Without a command: the path that the app opens.
_shtab_emnist_tui_pos_0_COMPGEN=_emnist_tui_checkpoint_files
"""

_ZSH = """
# The home of runs: --checkpoints if it was given, else the variable, else checkpoints.
_emnist_tui_root() {
  local -a line=(${(z)LBUFFER})
  local given=${line[(I)--checkpoints]}
  REPLY=${EMNIST_TUI_CHECKPOINTS:-checkpoints}
  if (( given && given < $#line )); then REPLY=${~line[given + 1]}; fi
}
_emnist_tui_runs() {
  local REPLY; _emnist_tui_root
  local -a runs=($REPLY/*/run.json(N:h:t))
  _wanted runs expl run compadd -a runs
}
_emnist_tui_checkpoints() {
  local REPLY; _emnist_tui_root
  local -a known=($REPLY/*/run.json(N:h:t) $REPLY/*.pt(N:t))
  _alternative 'runs:run:compadd -a known' 'files:checkpoint:_files -g "*.pt"'
}
_emnist_tui_data() {
  _alternative 'sources:source:(auto emnist synthetic)' 'files:path:_files'
}
# Without a command: the path that the app opens.
functions[_emnist_tui_commands]=$functions[_shtab_emnist_tui_commands]
_shtab_emnist_tui_commands() {
  _alternative 'commands:command:_emnist_tui_commands' 'paths:path:_emnist_tui_checkpoints'
}
"""

_FISH = """
function _emnist_tui_root
    set -l root checkpoints
    set -q EMNIST_TUI_CHECKPOINTS; and set root $EMNIST_TUI_CHECKPOINTS
    set -l words (commandline -opc)
    set -l given (contains -i -- --checkpoints $words); and set -q words[(math $given + 1)]
    and set root (string replace -r '^~' $HOME -- $words[(math $given + 1)])
    echo $root
end
function _emnist_tui_runs
    for path in (_emnist_tui_root)/*/run.json
        path basename (path dirname $path)
    end
end
function _emnist_tui_checkpoints
    _emnist_tui_runs
    for path in (_emnist_tui_root)/*.pt
        path basename $path
    end
    __fish_complete_suffix .pt
end
function _emnist_tui_data
    printf '%s\\n' auto emnist synthetic
    __fish_complete_path (commandline -ct)
end
"""

_FISH_TOP = """
# Without a command: the path that the app opens.
complete -c emnist-tui -n '_shtab_emnist_tui_using; and test $_shtab_emnist_tui_npos -eq 0' \\
    -a '(_emnist_tui_checkpoints)'
"""  # apart, for shtab's part takes back what was there before


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = INSTALLATION
    parser.add_argument("shell", choices=SHELLS, help="whose script is printed")


def completion(shell: str, parser: argparse.ArgumentParser) -> int:
    """Prints the script for the commands and options of `parser`."""
    import shtab

    for action in _actions(parser):
        if completer := _completer(action):
            setattr(action, "complete", completer)  # noqa: B010 -- where shtab looks, unknown to the type checker
    own = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}.get(shell, "")
    sys.stdout.write(shtab.complete(parser, shell, preamble=own) + "\n")
    if shell == "fish":
        sys.stdout.write(_FISH_TOP)
    return ExitCode.DONE


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every option and argument, also those of commands and of their actions."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
        else:
            yield action


def _completer(action: argparse.Action) -> dict[str, Any] | None:
    """What shtab completes the values of an option or argument with; None where it knows them or nobody does."""
    import shtab

    if action.choices is not None or action.nargs == 0:
        return None
    completer: dict[str, Any] | None = None
    if action.dest in ("run", "resume"):
        completer = _RUNS
    elif action.dest in ("checkpoint", "a", "b", "data_of") or (action.dest == "path" and action.type is None):
        completer = _CHECKPOINTS
    elif action.dest == "data":
        completer = _DATA
    elif action.dest in _WORDS:
        action.choices = _WORDS[action.dest].split()
    elif action.metavar in ("DIR", "FOLDER"):
        completer = shtab.DIRECTORY
    elif action.type is Path or action.dest == "images":
        completer = shtab.FILE
    return completer
