"""Networks read from a run's recording and its newest weights."""

from pathlib import Path

import numpy as np

from emnist_tui.analysis.network.network import Network
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.weights_recording import NOW, RECORDING
from emnist_tui.tui.session.recorded_networks import RecordedNetworks
from tests.support.recordings import answering, record, record_newest
from tests.support.scripted_runs import write_run


def answer(network: Network | None) -> int | None:
    return None if network is None else int(np.argmax(network.weights["fc.bias"]))


def looked(run: Path, *, is_live: bool = False) -> RecordedNetworks:
    networks = RecordedNetworks(RunFollower(RunFolder(run)))
    networks.look(is_live=is_live)
    return networks


def test_a_network_is_the_same_object_until_its_frame_changes(tmp_path: Path) -> None:
    writer = record(tmp_path, [1, 2])
    networks = looked(tmp_path)
    first = networks.at(1)
    assert answer(first) == 2
    assert networks.at(1) is first
    assert not networks.look(is_live=False)
    writer.add(20, answering(3))
    writer.flush()
    assert networks.look(is_live=False)
    assert (networks.at(1), answer(networks.at(2))) == (first, 3)
    record(tmp_path, [4, 5, 6], apart=11)
    assert networks.look(is_live=False)
    assert [answer(networks.at(place)) for place in range(3)] == [4, 5, 6]


def test_only_some_networks_are_kept(tmp_path: Path) -> None:
    record(tmp_path, [0] * 50)
    networks = looked(tmp_path)
    assert all(networks.at(place) for place in range(50))
    assert len(networks._kept) < 20


def test_the_newest_weights_are_those_of_a_live_run(tmp_path: Path) -> None:
    record_newest(tmp_path, 17, 4)
    assert looked(tmp_path).newest is None
    networks = looked(tmp_path, is_live=True)
    assert (answer(networks.newest), networks.newest_step, networks.problem) == (4, 17, "")
    newest = networks.newest
    assert not networks.look(is_live=True)
    assert networks.newest is newest
    record_newest(tmp_path, 18, 5)
    assert networks.look(is_live=True)
    assert (answer(networks.newest), networks.newest_step) == (5, 18)
    (tmp_path / NOW).unlink()
    assert networks.look(is_live=True)
    assert (networks.newest, networks.newest_step) == (None, None)


def test_of_a_live_run_a_frame_may_be_the_newest(tmp_path: Path) -> None:
    record_newest(tmp_path, 7, 4)
    writer = record(tmp_path, [1])
    networks = looked(tmp_path, is_live=True)
    assert (answer(networks.newest), networks.newest_step) == (4, 7)
    writer.add(10, answering(2))
    writer.flush()
    assert networks.look(is_live=True)
    assert (answer(networks.newest), networks.newest_step) == (2, 10)
    newest = networks.newest
    assert not networks.look(is_live=True)
    assert networks.newest is newest
    assert networks.look(is_live=False)
    assert networks.newest is None


def test_the_epoch_before_ends_at_a_multiple_of_its_steps(tmp_path: Path) -> None:
    folder = write_run(tmp_path, "mine")
    record(folder.path, [0] * 8, apart=50)
    follower = RunFollower(folder)
    follower.poll()
    networks = RecordedNetworks(follower)
    networks.look(is_live=False)
    assert [networks.place_before(step) for step in (0, 50, 100, 101, 150, 200, 350)] == [None, 0, 0, 2, 2, 2, 6]


def test_why_there_is_no_network_is_said(tmp_path: Path) -> None:
    assert "no recorded weights" in looked(tmp_path).problem
    (tmp_path / RECORDING).write_bytes(b"something else")
    networks = looked(tmp_path)
    assert "is damaged" in networks.problem
    record(tmp_path, [1])
    assert networks.look(is_live=False)
    assert (networks.problem, answer(networks.at(0))) == ("", 1)


def test_a_frame_that_changed_meanwhile_is_no_network(tmp_path: Path) -> None:
    record(tmp_path, [1])
    networks = looked(tmp_path)
    (tmp_path / RECORDING).write_bytes(b"")
    assert networks.at(0) is None
    assert "has changed" in networks.problem


def test_a_run_that_moves_is_read_in_its_new_place(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    record(tmp_path / "old", [1, 2])
    follower = RunFollower(RunFolder(tmp_path / "old"))
    networks = RecordedNetworks(follower)
    networks.look(is_live=False)
    (tmp_path / "old").rename(tmp_path / "new")
    follower.move(RunFolder(tmp_path / "new"))
    networks.look(is_live=False)
    assert answer(networks.at(1)) == 2
