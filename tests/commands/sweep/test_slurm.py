"""`emnist-tui sweep slurm`: the batch script, run by bash with a false `srun` and `scontrol`."""

import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from emnist_tui.runs.sweeps.folder import SweepFolder
from tests.support.call import Call, check_refused
from tests.support.sweep_folders import make_sweep

WORKER = """\
#!/bin/bash
echo "$@" >> {log}
trap 'echo USR1 >> {log}; exit 130' USR1
trap 'echo TERM >> {log}; exit 130' TERM
echo ready >> {log}
while true; do sleep 0.05; done
"""


@pytest.fixture
def sweep(root: Path) -> SweepFolder:
    return make_sweep(root / "mine")


def program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def start(call: Call, tmp_path: Path, worker: str) -> tuple[subprocess.Popen[bytes], Path]:
    """Start the batch script as Slurm does, with a worker of one's own; its log tells what happened."""
    log, programs = tmp_path / "log", tmp_path / "programs"
    log.touch()
    program(programs / "srun", worker.format(log=log))
    program(programs / "scontrol", f'#!/bin/bash\necho "scontrol $@" >> {log}\n')
    script = tmp_path / "job.sh"
    script.write_text(call("sweep", "slurm", "mine").out)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "SLURM_JOB_ID": "42"}
    return subprocess.Popen(["bash", str(script)], env=environment), log


def wait_for(log: Path, word: str, job: subprocess.Popen[bytes]) -> None:
    while word not in log.read_text():
        assert job.poll() is None, log.read_text()


def test_the_script_is_an_array_with_a_warning_and_a_requeue(call: Call, sweep: SweepFolder, tmp_path: Path) -> None:
    result = call("sweep", "slurm", "mine", "--workers", 12, "--time", "2-00:30")
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == "#!/bin/bash"
    for line in ("--job-name=mine", "--array=1-12", "--time=2-00:30", "--signal=B:USR1@120", "--requeue"):
        assert f"#SBATCH {line}" in lines
    assert any(line.startswith("srun ") and f"sweep work {sweep.path.absolute()} &" in line for line in lines)
    script = tmp_path / "job.sh"
    script.write_text(result.out)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_a_job_that_is_warned_saves_and_is_queued_again(call: Call, sweep: SweepFolder, tmp_path: Path) -> None:
    job, log = start(call, tmp_path, WORKER)
    wait_for(log, "ready", job)
    job.send_signal(signal.SIGUSR1)
    assert job.wait(30) == 130
    assert log.read_text().splitlines()[1:] == ["ready", "USR1", "scontrol requeue 42"]


def test_a_job_that_is_canceled_saves_and_is_not_queued_again(call: Call, sweep: SweepFolder, tmp_path: Path) -> None:
    job, log = start(call, tmp_path, WORKER)
    wait_for(log, "ready", job)
    job.send_signal(signal.SIGTERM)
    assert job.wait(30) == 130
    assert log.read_text().splitlines()[1:] == ["ready", "TERM"]


def test_a_job_whose_worker_is_done_is_done(call: Call, sweep: SweepFolder, tmp_path: Path) -> None:
    job, log = start(call, tmp_path, '#!/bin/bash\necho "$@" >> {log}\n')
    assert job.wait(30) == 0
    (line,) = log.read_text().splitlines()
    assert line.endswith(f"sweep work {sweep.path.absolute()}")


def test_a_name_can_neither_break_the_script_nor_give_options(call: Call, root: Path) -> None:
    name = "a'; touch owned; '"
    make_sweep(root / name)
    script = call("sweep", "slurm", name).out
    assert "#SBATCH --job-name=sweep" in script.splitlines()
    (line,) = [line for line in script.splitlines() if line.startswith("srun")]
    assert shlex.split(line)[-2:] == [str((root / name).absolute()), "&"]
    make_sweep(root / "a\n#SBATCH --uid=0")
    check_refused(call("sweep", "slurm", "a\n#SBATCH --uid=0"), 2, "rename the folder")


@pytest.mark.parametrize("time", ["", "soon", "1:2:3:4", "1-", "$(reboot)", "60\n#SBATCH --uid=0"])
def test_wrong_times_are_refused(call: Call, sweep: SweepFolder, time: str) -> None:
    check_refused(call("sweep", "slurm", "mine", "--time", time), 2, "must be a time as of sbatch")


@pytest.mark.parametrize("workers", ["0", "1001", "many"])
def test_wrong_numbers_of_workers_are_refused(call: Call, sweep: SweepFolder, workers: str) -> None:
    check_refused(call("sweep", "slurm", "mine", "--workers", workers), 2, "must be a whole number, 1 to 1,000")
