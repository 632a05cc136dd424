"""Ranks that are killed, fail, freeze or are told to stop."""

import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.runs.control import Desired, ask_for, ask_for_save
from emnist_tui.runs.events import Batches, CheckpointSaved, Paused, RunEnded, RunFailed
from emnist_tui.runs.folder import RunFolder
from tests.faults.harness import check_output, check_same_end, events_of, has
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.rank_processes import TORCHRUN, RankProcess, children, ended_processes, free_port, rank_processes
from tests.support.ranks_program import PATIENCE
from tests.support.trained_run import train_arguments

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
]

PROGRAM = [sys.executable, "-m", "tests.support.ranks_program"]
RECIPE = ["--batch-size", "150", "--keep-epochs", "2"]  # 3 chunks, and an uneven batch at the end of an epoch
LONG = ["--epochs", "10000"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "small.zip"
    write_archive(path, *draw_arrows(1_000, 0), *draw_arrows(2_300, 1))
    return path


def arguments_of(archive: Path, root: Path, *options: object) -> list[str]:
    return train_arguments(archive, root, *RECIPE, *options, "--name", "run")


def wait_for_epoch(process: RankProcess, run: RunFolder) -> None:
    process.wait_until(lambda: has(run, CheckpointSaved) and isinstance(events_of(run)[-1], Batches))


def check_failed(run: RunFolder, phrase: str) -> None:
    """Check that a run has failed by a reason, and can be resumed."""
    failed = [event for event in events_of(run) if isinstance(event, RunFailed)]
    assert len(failed) == 1
    assert phrase in failed[0].error
    assert "--resume run" in failed[0].error
    assert run.is_resumable()


def test_a_run_whose_rank_is_killed_is_resumed_by_other_ranks_bit_for_bit(archive: Path, tmp_path: Path) -> None:
    epochs = ["--epochs", "40"]
    with rank_processes(1, tmp_path, *arguments_of(archive, tmp_path / "whole", *epochs)) as (alone,):
        assert alone.end()[0] == 0, alone.errors
    whole, run = RunFolder(tmp_path / "whole" / "run"), RunFolder(tmp_path / "cut" / "run")
    with rank_processes(2, tmp_path, *arguments_of(archive, tmp_path / "cut", *epochs)) as processes:
        wait_for_epoch(processes[0], run)
        killed = time.monotonic()
        processes[1].popen.kill()
        assert processes[0].end() == (1, "")
        assert time.monotonic() - killed < 30
        check_output(processes[0].errors)
    check_failed(run, "A rank no longer answers")
    resumed = ["train", "--checkpoints", tmp_path / "cut", "--resume", "run"]
    with rank_processes(3, tmp_path, *resumed) as processes:
        assert [process.end() for process in processes] == [(0, f"{run.last_checkpoint}\n"), (0, ""), (0, "")]
        assert [process.errors for process in processes[1:]] == ["", ""]
    check_same_end(run, whole)


def test_the_others_end_soon_after_rank_0_is_killed(archive: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with rank_processes(2, tmp_path, *arguments_of(archive, tmp_path, *LONG)) as processes:
        wait_for_epoch(processes[0], run)
        killed = time.monotonic()
        processes[0].popen.kill()
        assert processes[1].end() == (1, "")
        assert time.monotonic() - killed < 30
        assert processes[1].errors.startswith("emnist-tui: A rank no longer answers")


def test_the_reason_of_a_rank_is_that_of_the_run(archive: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    variables = [{}, {"RANK_FAILS_AT": "60"}]
    arguments = arguments_of(archive, tmp_path, *LONG)
    with rank_processes(3, tmp_path, *arguments, variables=variables, program=PROGRAM) as processes:
        assert [process.end() for process in processes] == [(1, "")] * 3
        check_output(processes[0].errors)
        assert processes[2].errors == ""
    check_failed(run, "failed: MemoryError: no room on this rank")


def test_a_frozen_rank_ends_the_run(archive: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with rank_processes(2, tmp_path, *arguments_of(archive, tmp_path, *LONG), program=PROGRAM) as processes:
        wait_for_epoch(processes[0], run)
        frozen = time.monotonic()
        processes[1].popen.send_signal(signal.SIGSTOP)
        assert processes[0].end() == (1, "")
        assert time.monotonic() - frozen < PATIENCE + 10
    check_failed(run, "A rank no longer answers: it was killed, is frozen, or")


def test_ranks_wait_and_save_and_stop_together(archive: Path, tmp_path: Path) -> None:
    """They wait for longer than the patience of their process group."""
    run = RunFolder(tmp_path / "run")
    with rank_processes(2, tmp_path, *arguments_of(archive, tmp_path, *LONG), program=PROGRAM) as processes:
        wait_for_epoch(processes[0], run)
        ask_for(run.control, Desired.PAUSE)
        processes[0].wait_until(lambda: has(run, Paused))
        paused = time.monotonic()
        processes[0].wait_until(lambda: time.monotonic() - paused > PATIENCE + 1)
        ask_for_save(run.control)
        step = next(event.step for event in events_of(run) if isinstance(event, Paused))
        processes[0].wait_until((run.path / f"step-{step:06d}.pt").exists)
        ask_for(run.control, Desired.STOP)
        assert [process.end() for process in processes] == [(0, f"{run.last_checkpoint}\n"), (0, "")]
    ended = events_of(run)[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.reason, ended.step) == ("stopped", step)


def test_a_signal_to_one_of_two_agents_stops_all_ranks(archive: Path, tmp_path: Path) -> None:
    """Two agents on one machine, which know each other by their address alone, as two machines do."""
    run = RunFolder(tmp_path / "run")
    agent = [*TORCHRUN, "--nnodes", "2", "--nproc-per-node", "1", "--rdzv-backend", "c10d", "--rdzv-id", "two"]
    agent += [
        "--rdzv-endpoint",
        f"127.0.0.1:{free_port()}",
        "-m",
        "emnist_tui",
        *arguments_of(archive, tmp_path, *LONG),
    ]
    with ended_processes() as start:
        agents = [start(agent, tmp_path / f"agent-{number}.err", {}) for number in range(2)]
        agents[0].wait_until(lambda: has(run, CheckpointSaved))
        (other,) = [each for each in agents if _rank_of(each) == "1"]
        other.popen.terminate()
        outputs = [each.end()[1] for each in agents]
    assert sorted(outputs) == ["", f"{run.last_checkpoint}\n"]
    ended = events_of(run)[-1]
    assert isinstance(ended, RunEnded)
    assert ended.reason == "stopped"
    training = load_checkpoint(run.last_checkpoint).training
    assert training is not None
    assert training.progress.step == ended.step


def _rank_of(agent: RankProcess) -> str:
    """Return the rank that an agent has started."""
    variables = Path(f"/proc/{children(agent.popen.pid)[0]}/environ").read_bytes().split(b"\0")
    return next(each.removeprefix(b"RANK=").decode() for each in variables if each.startswith(b"RANK="))


def test_a_rank_that_waits_for_the_others_obeys_a_signal(archive: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ended_processes() as start:
        place = {
            "RANK": "1",
            "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(silent.getsockname()[1]),
        }
        rank = start([*PROGRAM, *arguments_of(archive, tmp_path)], tmp_path / "rank.err", place)
        silent.settimeout(60)
        with silent.accept()[0]:
            rank.popen.send_signal(signal.SIGTERM)
            assert rank.end()[0] == 130, rank.errors
