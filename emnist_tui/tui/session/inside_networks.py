"""Networks of runs, checkpoints and comparisons, as Inside examines them."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.gradients import with_gradients
from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.analysis.network.opening import OpenedNetwork, TorchNeededError, open_network
from emnist_tui.analysis.network.recorded import graph_of, network_of
from emnist_tui.analysis.network.shapes import check
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import is_file
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.weights_recording import RECORDING, Recording
from emnist_tui.text.formats import count
from emnist_tui.tui.session.inside_digit import InsideDigit
from emnist_tui.tui.session.network_server import NetworkServer, RemoteNetwork, Request
from emnist_tui.tui.session.replay import SPEEDS
from emnist_tui.tui.widgets.network.view import Timeline

if TYPE_CHECKING:
    from emnist_tui.tui.session.comparison_side import ComparisonSide
    from emnist_tui.tui.session.run_session import RunSession

_KEPT = 6  # passes

Agreed = Callable[[str | None], str | None]
"""Function from a recorded network file to the one that the user agreed to run, if any."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A network, and how torch gets at it."""

    network: Network
    needs_torch: bool = False
    checkpoint: Path | None = None
    foreign: ForeignWeights = RECOGNIZED


class Examiner:
    """Passes of digits, computed here or by a process."""

    def __init__(self, server: NetworkServer) -> None:
        self._server = server
        self._made: deque[tuple[Network, InsideDigit, Pass]] = deque(maxlen=_KEPT)
        self._refused: deque[tuple[Network, str]] = deque(maxlen=_KEPT)
        self._asked: tuple[Network, InsideDigit, Request[Pass]] | None = None
        self._subjects: deque[Subject] = deque(maxlen=_KEPT)
        self.sentence = ""
        """Why there is no pass, or what is waited for."""

    def examine(self, subject: Subject, digit: InsideDigit) -> Pass | None:
        """Return a network's pass of a digit, always the same one.

        None until it is there.
        """
        network = subject.network
        for of_network, of_digit, passed in self._made:
            if of_network is network and of_digit is digit:
                self.sentence = ""
                return passed
        if subject.needs_torch and all(network is not each.network for each in self._subjects):
            self._subjects.append(subject)
        found = self._ask(subject, digit) if subject.needs_torch else self._compute(network, digit)
        if found:
            self._made.append((network, digit, found))
        return found

    def remote(self, network: Network) -> RemoteNetwork | None:
        """Return how the process computes a network, if it needs one."""
        for each in tuple(self._subjects):
            if each.network is network:
                return self._server.remote(network, checkpoint=each.checkpoint, foreign=each.foreign)
        return None

    def _compute(self, network: Network, digit: InsideDigit) -> Pass | None:
        for refused, reason in self._refused:
            if refused is network:
                self.sentence = reason
                return None
        try:
            check(network)
        except ValueError as error:
            self.sentence = f"These weights cannot be examined ({error}); choose another step or checkpoint."
            self._refused.append((network, self.sentence))
            return None
        self.sentence = ""
        return with_gradients(examine(network, digit.image, digit.true))

    def _ask(self, subject: Subject, digit: InsideDigit) -> Pass | None:
        """Ask the process, one question after the other.

        So a run that trains is followed.
        """
        asked = self._asked
        if asked is None or asked[2].is_dropped or (asked[2].is_done and asked[:2] != (subject.network, digit)):
            request = self._server.examine(
                subject.network, digit.image, digit.true, checkpoint=subject.checkpoint, foreign=subject.foreign
            )
            self._asked = asked = (subject.network, digit, request)
        self.sentence = asked[2].status or asked[2].problem
        return asked[2].answer if asked[:2] == (subject.network, digit) else None


class FileNetwork:
    """Network of a checkpoint file, opened here or by a process."""

    def __init__(self, path: Path, server: NetworkServer, foreign: ForeignWeights = RECOGNIZED) -> None:
        """Open nothing yet; `foreign` are the user's choices about the file."""
        self.path, self.foreign = path, foreign
        self._server = server
        self._stamp: object = None
        self._subject: Subject | None = None
        self._request: Request[OpenedNetwork] | None = None
        self.sentence = ""
        self.network_to_ask_for: str | None = None
        """Recorded file of a network of one's own, which has to be run."""

    def subject(self, graph: Graph | None = None) -> Subject | None:
        """Return the network, read again if the file has changed.

        None until it is there. `graph` is that of a network of one's own, from the recording of its run.
        """
        stamp = (_stamp(self.path), self.foreign)
        if stamp != self._stamp:
            self._stamp, self._subject, self._request, self.sentence = stamp, None, None, ""
            try:
                self._subject = Subject(open_network(self.path, graph).network)
            except TorchNeededError:
                self._request = self._server.open(self.path, self.foreign)
            except EmnistTuiError as error:
                self.sentence = str(error)
        if request := self._request:
            if request.is_dropped:
                self._stamp = None
            self.sentence, self.network_to_ask_for = request.status or request.problem, request.network_to_ask_for
            if (opened := request.answer) and self._subject is None:
                self._subject = Subject(opened.network, opened.needs_torch, self.path, self.foreign)
        return self._subject


class OpenNetwork:
    """Network of the open run, live, or of the open checkpoint."""

    def __init__(self, opened: RunSession, server: NetworkServer, agreed: Agreed) -> None:
        """Examine what is open.

        Files of one's own are run once they are `agreed` to.
        """
        self._opened, self._agreed = opened, agreed
        self._examiner = Examiner(server)
        self._needed: str | None = None
        self._before = Examiner(server)
        self._has_network = False
        self._file = FileNetwork(opened.checkpoint or opened.follower.folder.last_checkpoint, server, opened.foreign)

    @property
    def name(self) -> str:
        return self._opened.name

    @property
    def sentence(self) -> str:
        """Why there is no pass, or what is waited for."""
        return self._examiner.sentence or ("" if self._has_network else self._explain_no_network())

    @property
    def network_to_ask_for(self) -> str | None:
        """Recorded network file that has to be agreed to, if any."""
        return self._needed or self._file.network_to_ask_for

    @property
    def timeline(self) -> Timeline:
        if self._opened.checkpoint:
            return Timeline()
        replay = self._opened.replay
        predicted = tuple(-1 if each is None else each for each in replay.predicted)
        return Timeline(replay.steps, replay.position, predicted, replay.speed / SPEEDS[0], replay.newest_step)

    def examine(self, digit: InsideDigit) -> Pass | None:
        """Return the pass of the frame shown, else the newest weights."""
        if not self._opened.checkpoint:
            self._opened.replay.follow_digit(digit.image, digit.true)
        subject = self._subject()
        self._has_network = subject is not None
        return self._examiner.examine(subject, digit) if subject else None

    def remote(self, network: Network) -> RemoteNetwork | None:
        """Return how the process computes a network, if it needs one."""
        return self._examiner.remote(network)

    def examine_before(self, digit: InsideDigit) -> tuple[Pass | None, str]:
        """Return the pass with the weights of the last epoch's end.

        In the first epoch with those at the start; and their name.
        """
        replay = self._opened.replay
        before = None if self._opened.checkpoint else replay.before()
        if before is None or not before.graph.is_computable:
            return None, ""
        ended = {epoch.step: epoch.epoch for epoch in self._opened.record.epochs}
        step = replay.step_before or 0
        name = f"step {count(step)}" if step else "the start"
        if step in ended:
            name = f"epoch {ended[step]}"
        return self._before.examine(Subject(before), digit), name

    def _subject(self) -> Subject | None:
        opened, replay = self._opened, self._opened.replay
        if file := self._agreed(opened.network_to_ask_for or self._file.network_to_ask_for):
            opened.use_network(file)
        self._file.foreign = opened.foreign
        self._file.path = opened.checkpoint or opened.follower.folder.last_checkpoint
        if opened.checkpoint:
            return self._file.subject()
        newest = replay.network()
        is_at_end = replay.position is None and not opened.state.is_live
        if is_at_end and (found := self._file.subject(newest.graph if newest else None)):
            return found
        self._needed = opened.network_to_ask_for if newest and not newest.graph.is_computable else None
        if newest is None or self._needed:
            return None
        return Subject(newest, not newest.graph.is_computable, None, opened.foreign)

    def _explain_no_network(self) -> str:
        if self._opened.checkpoint:
            return self._file.sentence
        if self._opened.state.is_live:
            return "The weights appear with the first steps of the training."
        sentences = self._file.sentence, self._opened.replay.problem
        return next(filter(None, sentences if is_file(self._file.path) else reversed(sentences)), "")


class SideNetwork:
    """Network of one side of a comparison."""

    timeline = Timeline()

    def __init__(self, side: ComparisonSide, server: NetworkServer, agreed: Agreed) -> None:
        """Examine a side's network as it was evaluated."""
        self._side, self._agreed = side, agreed
        self.name = side.name
        self._examiner = Examiner(server)
        self._file = FileNetwork(side.checkpoint, server, side.foreign)
        self._graph: Graph | None = None
        self._recorded: Subject | None = None
        self._read_recording()

    @property
    def sentence(self) -> str:
        return self._examiner.sentence or self._file.sentence

    @property
    def network_to_ask_for(self) -> str | None:
        """Recorded network file that has to be agreed to, if any."""
        return self._file.network_to_ask_for

    def examine(self, digit: InsideDigit) -> Pass | None:
        """Return the network's pass of a digit."""
        if file := self._agreed(self._file.network_to_ask_for):
            self._side.use_network(file)
            self._file.foreign = self._side.foreign
        subject = self._recorded or self._file.subject(self._graph)
        return self._examiner.examine(subject, digit) if subject else None

    def _read_recording(self) -> None:
        """Read the graph, and the weights if their checkpoint was deleted."""
        with suppress(EmnistTuiError):
            recording = Recording.open(self._side.path / RECORDING)
            self._graph = graph_of(recording.layout) if recording else None
            if recording and self._side.step is not None and not is_file(self._file.path):
                place = max(bisect_right(recording.steps, self._side.step) - 1, 0)
                network = network_of(recording.layout, recording.frame(place))
                self._recorded = Subject(network, not network.graph.is_computable, None, self._side.foreign)

    def remote(self, network: Network) -> RemoteNetwork | None:
        """Return how the process computes a network, if it needs one."""
        return self._examiner.remote(network)

    def examine_before(self, digit: InsideDigit) -> tuple[Pass | None, str]:  # noqa: ARG002 - there is no movement
        """Return nothing: the two are set against each other."""
        return None, ""


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
