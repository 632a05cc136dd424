"""The `completion` command: shell completion of commands, options, runs, sweeps and checkpoints."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from emnist_tui.commands import help as help_pages
from emnist_tui.commands import options as shared
from emnist_tui.commands import set as set_command
from emnist_tui.learning.inference import input_format
from emnist_tui.runs.config import OPTIMIZERS, SCHEDULES, offered_devices
from emnist_tui.runs.errors import ExitCode
from emnist_tui.runs.models import MODELS

SHELLS = ("bash", "zsh", "fish")

INSTALLATION = """\
to install it:
  bash  emnist-tui completion bash > ~/.emnist-tui.bash
        and in ~/.bashrc: source ~/.emnist-tui.bash
  zsh   mkdir -p ~/.zfunc; emnist-tui completion zsh > ~/.zfunc/_emnist-tui
        and in ~/.zshrc, before compinit: fpath+=(~/.zfunc)
  fish  emnist-tui completion fish > ~/.config/fish/completions/emnist-tui.fish
        which every new shell reads
"""

_CHOICES = {
    "device": offered_devices(),
    "model": tuple(MODELS),
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "input_scaling": input_format.NAMES,
    "setting": set_command.SETTINGS,
}
"""Values of the options that are not checked by the parser, by `dest`."""

_RUNS = {"bash": "_emnist_tui_runs", "zsh": "_emnist_tui_runs", "fish": "(_emnist_tui_runs)"}
_SWEEPS = {"bash": "_emnist_tui_sweeps", "zsh": "_emnist_tui_sweeps", "fish": "(_emnist_tui_sweeps)"}
# In bash, shtab treats the output of a function whose name ends in _files as file names.
_CHECKPOINTS = {
    "bash": "_emnist_tui_checkpoint_files",
    "zsh": "_emnist_tui_checkpoints",
    "fish": "(_emnist_tui_checkpoints)",
}
_DATA = {"bash": "_emnist_tui_data_files", "zsh": "_emnist_tui_data", "fish": "(_emnist_tui_data)"}

_BASH = """
# The runs directory: --checkpoints if given, else the variable, else checkpoints.
_emnist_tui_root() {
  local i root=${EMNIST_TUI_CHECKPOINTS:-checkpoints}
  for ((i = 2; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i-1]} == --checkpoints ]] && root=${COMP_WORDS[i]/#\\~/$HOME}
  done
  printf '%s' "$root"
}
_emnist_tui_folders() {
  local path
  for path in "$(_emnist_tui_root)"/*/"$1"; do
    [[ -e $path ]] || continue
    path=${path%/*}
    [[ ${path##*/} == "$2"* ]] && printf '%s\\n' "${path##*/}"
  done
}
_emnist_tui_runs() {
  _emnist_tui_folders run.json "$1"
}
_emnist_tui_sweeps() {
  _emnist_tui_folders sweep.json "$1"
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
# The runs directory: --checkpoints if given, else the variable, else checkpoints.
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
_emnist_tui_sweeps() {
  local REPLY; _emnist_tui_root
  local -a sweeps=($REPLY/*/sweep.json(N:h:t))
  _wanted sweeps expl sweep compadd -a sweeps
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
function _emnist_tui_sweeps
    for path in (_emnist_tui_root)/*/sweep.json
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
"""  # separate, because shtab's part erases the completions defined before it


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the shell, and how to install its script."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = INSTALLATION
    parser.add_argument("shell", choices=SHELLS, help="the shell whose script to print")


def run(options: argparse.Namespace) -> int:
    """Print the script that completes all commands and options."""
    import shtab

    parser: argparse.ArgumentParser = options.build_parser()
    for action in _actions(parser):
        if completer := _completer(action):
            setattr(action, "complete", completer)  # noqa: B010 -- read by shtab, unknown to the type checker
    functions = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}[options.shell]
    sys.stdout.write(shtab.complete(parser, options.shell, preamble=functions) + "\n")
    if options.shell == "fish":
        sys.stdout.write(_FISH_TOP)
    return ExitCode.DONE


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield every option and argument, including those of commands and their actions."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
        else:
            yield action


def _completer(action: argparse.Action) -> dict[str, Any] | None:
    """Return shtab's completer for the values of an option or argument.

    Returns None if none is needed or possible. Sets the choices of options whose values are known but not checked by
    the parser.
    """
    import shtab

    if action.choices is not None or action.nargs == 0:
        return None
    completer: dict[str, Any] | None = None
    if action.dest in ("run", "resume"):
        completer = _RUNS
    elif action.dest == "sweep":
        completer = _SWEEPS
    elif action.dest in ("checkpoint", "a", "b", "data_of") or (action.dest == "path" and action.type is None):
        completer = _CHECKPOINTS
    elif action.dest == "data":
        completer = _DATA
    elif action.metavar == shared.NETWORK:
        completer = shtab.FILE
    elif action.dest in _CHOICES:
        action.choices = _CHOICES[action.dest]
    elif action.dest == "topic":
        action.choices = help_pages.topics()
    elif action.metavar in ("DIR", "FOLDER"):
        completer = shtab.DIRECTORY
    elif action.type in (shared.path, str) or action.dest in ("images", "file"):
        completer = shtab.FILE
    return completer
