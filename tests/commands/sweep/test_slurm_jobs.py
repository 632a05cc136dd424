"""The batch script with real workers, run by bash as Slurm would."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.trial import TrialState
from tests.support.call import Call
from tests.support.process import PROGRAM
from tests.support.small_sweeps import new_seeds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SRUN = """\
#!/bin/bash
shift  # the installed program
exec {program} "$@"
"""
TRIALS = 3


def job(script: Path, place: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["bash", str(script)], cwd=place, env={**os.environ, "SLURM_JOB_ID": "42"})


def trained_epochs(sweep: SweepFolder) -> int:
    return sum(trial.epoch for trial in SweepBoard(sweep).refresh().trials)


def test_a_warned_job_continues_where_it_was_when_it_is_queued_again(
    call: Call, root: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = new_seeds(root / "mine", TRIALS, data=archive, epochs=60)
    programs, requeued = tmp_path / "programs", tmp_path / "requeued"
    programs.mkdir()
    for name, text in (
        ("emnist-tui", "#!/bin/sh\n"),  # found by `sweep slurm`, which takes its path
        ("srun", SRUN.format(program=" ".join(PROGRAM))),
        ("scontrol", f'#!/bin/bash\necho "$@" > {requeued}\n'),
    ):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    script = tmp_path / "job.sh"
    script.write_text(call("sweep", "slurm", "mine").out)
    first = job(script, tmp_path)
    while trained_epochs(sweep) < 3:
        assert first.poll() is None
        time.sleep(0.05)
    first.send_signal(signal.SIGUSR1)
    assert first.wait(60) == 130
    assert requeued.read_text() == "requeue 42\n"
    saved = SweepBoard(sweep).refresh()
    assert [trial.state for trial in saved.trials if not trial.state.has_ended] == [TrialState.INTERRUPTED]
    second = job(script, tmp_path)
    assert second.wait(120) == 0
    board = SweepBoard(sweep).refresh()
    assert [(trial.number, trial.state, trial.epoch) for trial in board.trials] == [
        (number, TrialState.FINISHED, 60) for number in range(1, TRIALS + 1)
    ]
    assert board.is_done
