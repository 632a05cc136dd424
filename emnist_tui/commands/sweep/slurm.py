"""The `sweep slurm` command: a batch script of workers."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil

from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.sweep.options import add_sweep, chosen_sweep, whole
from emnist_tui.runs.config import AUTOMATIC_THREADS, explain_bad_run_name
from emnist_tui.runs.errors import ExitCode, UsageError
from emnist_tui.runs.launch import own_command
from emnist_tui.text.formats import printable

_MOST_JOBS = 1_000
_TIME = re.compile(r"[0-9]{1,4}(:[0-9]{1,2}){0,2}|[0-9]{1,3}-[0-9]{1,2}(:[0-9]{1,2}){0,2}")
_WARNING = 120  # seconds before the limit; an epoch's end need not be waited for

_SCRIPT = """\
#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --array=1-{workers}
#SBATCH --time={time}
#SBATCH --cpus-per-task={threads}
#SBATCH --signal=B:USR1@{warning}
#SBATCH --requeue
#SBATCH --open-mode=append

# {warning} seconds before the limit the worker saves its trial, and the job is queued again.
is_over=
trap 'is_over=1; kill -USR1 "$!"' USR1
trap 'kill -TERM "$!"' TERM

# Every job of the array is a worker. Give sbatch what your cluster needs besides, such as --gres=gpu:1.
srun {command} &
wait "$!"
code=$?
while kill -0 "$!" 2>/dev/null; do  # a signal ends `wait` early
  wait "$!"
  code=$?
done
if [ -n "$is_over" ] && [ "$code" -ne 0 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sweep slurm`."""
    add_sweep(parser)
    parser.add_argument("--workers", type=whole(1, _MOST_JOBS), default=4, metavar="N", help="jobs of the array (4)")
    parser.add_argument(
        "--time", type=_time, default="01:00:00", metavar="LIMIT", help="time limit of a job, as of sbatch (01:00:00)"
    )


def run(options: argparse.Namespace) -> int:
    """Print a batch script. Raises `EmnistTuiError` if there is no such sweep."""
    sweep = chosen_sweep(options)
    path = str(sweep.path.absolute())
    if printable(path) != path:
        raise UsageError(f"{path} holds characters that no script should; rename the folder.")
    threads = sweep.read_spec().config.threads or AUTOMATIC_THREADS
    script = _SCRIPT.format(
        name="sweep" if explain_bad_run_name(sweep.name) else sweep.name,
        workers=options.workers,
        time=options.time,
        threads=threads,
        warning=_WARNING,
        command=shlex.join([*_program(), "sweep", "work", path]),
    )
    print(script, end="")
    print_message(
        "Write it to a file, and give that to sbatch; the folder has to be on a file system that all nodes see."
    )
    return ExitCode.DONE


def _program() -> list[str]:
    """Return the program by its absolute path."""
    installed = shutil.which("emnist-tui")
    return [installed] if installed else own_command()


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be a time as of sbatch, such as 04:00:00 or 2-00, not {text!r}")
    return text
