"""Networks of the Inside screen: newest weights, frames, files, and what only torch computes."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.graph import UNKNOWN, Graph
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.opening import OpenedNetwork
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.foreign_weights import ForeignWeights
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.inside_digit import InsideDigit, shipped_digit
from emnist_tui.tui.session.inside_networks import Examiner, FileNetwork, OpenNetwork, SideNetwork, Subject
from emnist_tui.tui.session.run_session import RunSession
from tests.support.explained_networks import baseline
from tests.support.fake_server import FakeServer
from tests.support.project import PROJECT
from tests.support.recorded_runs import record, recorded_run, write_newest
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run, opened_checkpoint

BASELINE = PROJECT / "checkpoints/baseline-synthetic.pt"
DIGIT = shipped_digit()


def nobody(_: str | None) -> str | None:
    return None


def of(opened: RunSession, server: FakeServer | None = None) -> OpenNetwork:
    return OpenNetwork(opened, server or FakeServer(), nobody)


def test_a_run_that_trains_is_examined_with_its_newest_weights(tmp_path: Path) -> None:
    with live_run(tmp_path, epochs=0) as (folder, _):
        opened = RunSession(folder)
        network = of(opened)
        assert network.examine(DIGIT) is None
        assert network.sentence == "The weights appear with the first steps of the training."
        write_newest(folder, 20)
        opened.replay._look()
        first = network.examine(DIGIT)
        assert first
        assert network.timeline.newest == 20
        assert network.examine(DIGIT) is first
        assert network.sentence == ""
        assert first.gradients
        write_newest(folder, 40)
        opened.replay._look()
        assert network.examine(DIGIT) is not first


def test_a_frame_of_the_replay_and_the_epoch_before_it(tmp_path: Path) -> None:
    opened = RunSession(recorded_run(tmp_path))
    network = of(opened)
    newest = network.examine(DIGIT)
    before, name = network.examine_before(DIGIT)
    assert before
    assert name == "epoch 2"
    opened.replay.go(3)
    frame = network.examine(DIGIT)
    assert frame is not newest
    assert network.examine_before(DIGIT)[1] == "the start"
    assert network.timeline.position == 3
    assert len(network.timeline.steps) == 16
    opened.replay.go(None)
    assert network.examine(DIGIT) is newest


def test_an_ended_run_is_examined_with_its_exact_weights(tmp_path: Path) -> None:
    folder = recorded_run(tmp_path)
    recorded = of(RunSession(folder)).examine(DIGIT)
    shutil.copy(BASELINE, folder.last_checkpoint)
    exact = of(RunSession(folder)).examine(DIGIT)
    assert recorded
    assert exact
    assert not np.array_equal(recorded.logits, exact.logits)


def test_an_open_checkpoint_has_no_timeline(tmp_path: Path) -> None:
    network = of(opened_checkpoint(tmp_path, BASELINE))
    assert network.examine(DIGIT)
    assert network.examine_before(DIGIT) == (None, "")
    assert not network.timeline.steps


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    network = of(opened_checkpoint(tmp_path, tmp_path / "gone.pt"))
    assert network.examine(DIGIT) is None
    assert "gone.pt" in network.sentence


def test_a_foreign_file_is_opened_by_the_process(tmp_path: Path) -> None:
    (tmp_path / "foreign.pt").write_bytes(b"not one of ours")
    server = FakeServer()
    file = FileNetwork(tmp_path / "foreign.pt", server)
    assert file.subject() is None
    assert file.sentence.startswith("doing open")
    server.requests[0].answer = OpenedNetwork(baseline(), "mine", needs_torch=True)
    subject = file.subject()
    assert subject
    assert (subject.needs_torch, subject.checkpoint) == (True, tmp_path / "foreign.pt")
    assert file.subject() is subject
    assert file.sentence == ""
    (tmp_path / "foreign.pt").write_bytes(b"another one")
    assert file.subject() is None
    assert len(server.requests) == 2
    server.requests[1].is_dropped = True
    file.subject()
    file.subject()
    assert len(server.requests) == 3


def test_a_run_without_a_recording_says_that_its_checkpoint_is_opened(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path))
    assert "no recorded weights" in of(opened).sentence
    opened.follower.folder.last_checkpoint.write_bytes(b"of a kind that only torch reads")
    server = FakeServer()
    network = of(opened, server)
    assert network.examine(DIGIT) is None
    assert len(server.asked) == 1
    assert network.sentence.startswith("doing open")


def test_a_network_of_ones_own_is_opened_once_its_file_is_agreed_to(tmp_path: Path) -> None:
    path = tmp_path / "own.pt"
    path.write_bytes(b"of one's own")
    agreed: dict[str | None, str] = {}
    server = FakeServer()
    network = OpenNetwork(opened_checkpoint(tmp_path, path), server, agreed.get)
    network.examine(DIGIT)
    server.requests[0].problem = "The network is in /net.py; agree to run it."
    server.requests[0].network_to_ask_for = "/net.py:Net"
    network.examine(DIGIT)
    assert network.network_to_ask_for == "/net.py:Net"
    assert "agree to run it" in network.sentence
    agreed["/net.py:Net"] = "/net.py:Net"
    network.examine(DIGIT)
    assert server.asked[1] == ("open", (path, ForeignWeights(network="/net.py:Net")))


def unknown(network: Network) -> Network:
    *nodes, last = network.graph.nodes
    return Network(Graph((*nodes, replace(last, operation=UNKNOWN, settings={"type": "x"}, weights={}))), {})


def test_what_only_torch_computes_is_asked_for_one_after_the_other() -> None:
    server = FakeServer()
    examiner = Examiner(server)
    first, second = (Subject(unknown(baseline()), needs_torch=True) for _ in range(2))
    assert examiner.examine(first, DIGIT) is None
    assert examiner.sentence.startswith("doing examine")
    assert examiner.examine(second, DIGIT) is None
    assert len(server.requests) == 1
    passed = examine(baseline(), DIGIT.image)
    server.requests[0].answer = passed
    assert examiner.examine(first, DIGIT) is passed
    assert examiner.examine(second, DIGIT) is None
    assert len(server.requests) == 2
    assert examiner.examine(first, DIGIT) is passed


def of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSession:
    """Return a run of a network of one's own that only torch computes."""
    opened, network = RunSession(recorded_run(tmp_path)), unknown(baseline())
    monkeypatch.setattr(opened.replay, "network", lambda: network)
    needed = property(lambda self: None if self.foreign.network else "/net.py:Net")
    monkeypatch.setattr(RunSession, "network_to_ask_for", needed)
    return opened


def test_a_file_is_run_only_once_the_user_agrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, server, agreed = of_ones_own(tmp_path, monkeypatch), FakeServer(), dict[str | None, str]()
    network = OpenNetwork(opened, server, agreed.get)
    assert network.examine(DIGIT) is None
    assert network.network_to_ask_for == "/net.py:Net"
    assert server.asked == []
    agreed["/net.py:Net"] = "/moved/net.py:Net"
    assert network.examine(DIGIT) is None
    assert network.network_to_ask_for is None
    remote = network.remote(opened.replay.network())
    assert remote
    assert remote.subject["foreign"]["network"] == "/moved/net.py:Net"
    assert network.remote(baseline()) is None
    server.close()
    (asked,) = server.asked
    assert asked[1][-1]["foreign"].network == "/moved/net.py:Net"


@pytest.mark.parametrize("damage", ["missing", "nan", "shape"])
def test_weights_that_do_not_fit_are_refused_by_a_sentence(damage: str) -> None:
    network = baseline()
    weights = dict(network.weights)
    key = next(iter(weights))
    if damage == "missing":
        del weights[key]
    else:
        weights[key] = weights[key][:1] if damage == "shape" else np.full_like(weights[key], np.nan)
    examiner = Examiner(FakeServer())
    subject = Subject(Network(network.graph, weights))
    for _ in range(2):
        assert examiner.examine(subject, DIGIT) is None
        assert examiner.sentence.startswith("These weights cannot be examined (")
        assert {"missing": "is missing", "nan": "is not finite", "shape": "does not fit"}[damage] in examiner.sentence
    other = InsideDigit(DIGIT.image, DIGIT.label)
    assert examiner.examine(Subject(network), other)
    assert examiner.sentence == ""


def test_a_side_is_examined_as_it_was_evaluated(tmp_path: Path) -> None:
    folder = recorded_run(tmp_path)
    newest, first = (SideNetwork(ComparisonSide(folder.path, move), FakeServer(), nobody) for move in (0, -2))
    a, b = newest.examine(DIGIT), first.examine(DIGIT)
    assert a
    assert b
    assert not np.array_equal(a.logits, b.logits)
    assert (newest.name, first.name) == ("recorded", "recorded epoch 1")
    shutil.copy(BASELINE, folder.path / "epoch-001.pt")
    of_file = SideNetwork(ComparisonSide(folder.path, -2), FakeServer(), nobody).examine(DIGIT)
    assert of_file
    assert not np.array_equal(of_file.logits, b.logits)


def test_a_side_without_weights_says_so(tmp_path: Path) -> None:
    folder: RunFolder = write_run(tmp_path)
    side = SideNetwork(ComparisonSide(folder.path), FakeServer(), nobody)
    assert side.examine(DIGIT) is None
    assert "last.pt" in side.sentence
    record(folder, 40)
    assert SideNetwork(ComparisonSide(folder.path), FakeServer(), nobody).examine(DIGIT)
