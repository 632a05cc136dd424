from pathlib import Path

import pytest
import torch

from emnist_tui.learning.training import control_poller
from emnist_tui.learning.training.distributed.shared_control import SharedControl
from emnist_tui.learning.training.distributed.team import Command, FollowingTeam
from emnist_tui.learning.training.distributed.vector import ExchangedVector
from emnist_tui.runs.control import Control, Desired, write_control
from tests.support.thread_ranks import ranks


def test_a_request_is_obeyed_once_all_ranks_are_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_poller, "_POLL_EVERY", 0.0)
    path, received = tmp_path / "control.json", list[Command]()

    def follow(team: FollowingTeam) -> None:
        team.resume()
        team.exchange(ExchangedVector(2, 1, torch.device("cpu")))
        assert team.is_idle
        received.extend([team.receive()[0], team.receive()[0]])

    with ranks(2, follow) as team:
        control = SharedControl(path, team)
        team.resume()
        write_control(path, Control(Desired.PAUSE, saves=1))
        assert not control.poll(), "the others are at work"
        team.exchange(ExchangedVector(2, 1, torch.device("cpu")))
        assert control.poll()
        assert control.desired is Desired.PAUSE
        assert control.take_save()
        write_control(path, Control(saves=1))
        assert not control.poll()
    assert received == [Command.WAIT, Command.WAIT]


def test_a_rank_that_waits_can_stop_all(tmp_path: Path) -> None:
    def follow(team: FollowingTeam) -> None:
        team.has_request = True
        team.receive()

    with ranks(2, follow, lambda: control.request_stop()) as team:
        control = SharedControl(tmp_path / "control.json", team)
        assert control.poll()
        assert control.desired is Desired.STOP
