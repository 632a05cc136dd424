"""Answers of a process with torch, started when they are needed.

The app reads this program's checkpoints itself, by `analysis.network.opening`, and computes most networks itself, by
`analysis.network.forward`. The process is for the rest: any digit of the data by its number, checkpoints of other
programs, networks of one's own, and operations that numpy does not have.

    server = NetworkServer()
    request = server.digit(DataOf(run=folder.path), "test", 1234)
    ...                      # about ten times a second, from the event loop:
    server.update()          # takes in answers, never waits
    request.answer           # the Digit once there; request.problem, a sentence, if there will be none
    request.status           # meanwhile, such as "reading EMNIST digits …  2 s"; empty once done
    server.close()           # kills the process; open requests stay as they are

A digit takes some 0.3 s, the first network a few seconds, in which torch is loaded. One request is in work at a time;
of those that wait, a newer one replaces an older one of the same kind, which then `is_dropped`. The process ends with
the app, however that ends, and never writes to the terminal.

A network of one's own runs a file, so its requests need the file that the user agreed to, in `foreign.network`;
`request.network_to_ask_for` is set where it is missing, for `OwnNetworks.ask`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.digit_sample import Digit, DigitSample
from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.network import Array, InputScale, Network, Pass
from emnist_tui.analysis.network.opening import OpenedNetwork
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.frames import Frame
from emnist_tui.runs.launch import start_network_server
from emnist_tui.runs.task import SIDE
from emnist_tui.text.formats import duration, printable
from emnist_tui.tui.session.server_worker import ServerWorker, Start

T = TypeVar("T")


@dataclass(frozen=True)
class DataOf:
    """Data of a run, a checkpoint or a source."""

    run: Path | None = None
    """Run folder."""
    checkpoint: Path | None = None
    source: str | None = None
    """Source as `--data` takes it; it wins over the others."""
    fingerprint: str = ""
    """Expected fingerprint, such as an evaluation's; other data is refused. Empty if unknown."""


@dataclass(eq=False)
class Request(Generic[T]):
    """Something asked of the process."""

    what: str
    """Description while it is waited for, such as `reading the digit`."""
    answer: T | None = None
    problem: str = ""
    """Why there is no answer, as a sentence that may be printed."""
    network_to_ask_for: str | None = None
    """Recorded network file that the request failed for want of."""
    is_dropped: bool = False
    """Whether a newer request of its kind took its place, so that no answer will come."""
    on_done: Callable[[Request[T]], None] | None = None
    """Called by `NetworkServer.update` once there is an answer or a problem."""
    since: float = 0.0
    """Time of the request, as of `time.monotonic`."""

    @property
    def is_done(self) -> bool:
        """Whether there is an answer or a problem."""
        return self.answer is not None or bool(self.problem)

    @property
    def status(self) -> str:
        """Description of the wait with its seconds; empty once done."""
        if self.is_done or self.is_dropped:
            return ""
        return f"{printable(self.what)} …  {duration(time.monotonic() - self.since)}"


@dataclass(eq=False)
class _Task:
    """A request on its way to the process and back."""

    request: Request[Any]
    frame: Frame
    parse: Callable[[Frame], Any]
    kind: str


@dataclass(frozen=True, eq=False)
class RemoteNetwork:
    """A network that the process computes, for threads that may wait.

    Its functions raise `EmnistTuiError`, also once the server is closed.
    """

    worker: ServerWorker
    network: Network
    subject: Mapping[str, Any]

    def logits(self, images: NDArray[np.uint8]) -> Array:
        """Compute logits, [N, 10], of images, uint8 [N, 28, 28]."""
        return self._ask("logits", images)["logits"]

    def values(self, images: NDArray[np.uint8]) -> Mapping[str, Array]:
        """Compute the values of images by node, with a batch axis."""
        return self._ask("values", images)

    def _ask(self, do: str, images: NDArray[np.uint8]) -> Mapping[str, Array]:
        arrays = {"images": images, **{f"weights/{key}": weight for key, weight in self.network.weights.items()}}
        answer = self.worker.ask(Frame({"do": do, **self.subject}, arrays))
        if answer is None:
            raise EmnistTuiError("The process that computes networks was closed.")
        return answer.arrays


class NetworkServer:
    """A process started at the first request."""

    def __init__(self, start: Start = start_network_server) -> None:
        """Prepare; `start` starts the process with a file for its stderr."""
        self._start = start
        self._waiting: list[_Task] = []
        self._current: _Task | None = None
        self._worker: ServerWorker | None = None

    def digit(self, data: DataOf, split: str, index: int) -> Request[Digit]:
        """Ask for an image of a split.

        It is `test`, `train` or, of a run, `validation`. The images of `train` are all of the data's, in its order.
        """
        content = {"do": "digit", **_data(data), "split": split, "index": index}
        return self._ask("reading the digit", Frame(content), _digit)

    def sample(self, data: DataOf) -> Request[DigitSample]:
        """Ask for a sample of the test digits.

        Look for one with `digit_sample.read_sample` first, which needs no process.
        """
        return self._ask("reading the test digits", Frame({"do": "sample", **_data(data)}), _sample)

    def picture(self, path: Path) -> Request[NDArray[np.uint8]]:
        """Ask for the digit in a PNG or JPEG picture.

        It is framed as in EMNIST; uint8 [28, 28].
        """
        return self._ask("reading the picture", Frame({"do": "picture", "path": str(path.absolute())}), _image)

    def open(self, checkpoint: Path, foreign: ForeignWeights = RECOGNIZED) -> Request[OpenedNetwork]:
        """Ask for the network of any checkpoint that the program reads."""
        content = {"do": "open", **_subject(checkpoint, foreign)}
        return self._ask("opening the network", Frame(content), _opened)

    def examine(
        self,
        network: Network,
        image: NDArray[np.uint8],
        true: int | None = None,
        *,
        checkpoint: Path | None = None,
        foreign: ForeignWeights = RECOGNIZED,
    ) -> Request[Pass]:
        """Ask torch for a network's values and gradients.

        The image is uint8 [28, 28]. The network is that of the `checkpoint`, or of one's own in `foreign` alone; its
        weights are `network.weights`, such as those of a recording.
        """
        content = {"do": "examine", **_subject(checkpoint, foreign), "true": true}
        arrays = {"image": image, **{f"weights/{key}": weight for key, weight in network.weights.items()}}

        def parse(frame: Frame) -> Pass:
            return Pass(
                network,
                image,
                _part(frame.arrays, "values/"),
                true,
                _part(frame.arrays, "gradients/"),
                _part(frame.arrays, "weight_gradients/"),
            )

        return self._ask("computing the network", Frame(content, arrays), parse)

    def remote(
        self, network: Network, *, checkpoint: Path | None = None, foreign: ForeignWeights = RECOGNIZED
    ) -> RemoteNetwork:
        """Return a network as a thread of its own computes with it.

        See `examine` for what it is of.
        """
        self._worker = self._worker or ServerWorker(self._start)
        return RemoteNetwork(self._worker, network, _subject(checkpoint, foreign))

    def update(self) -> bool:
        """Take in answers and send what waits.

        Returns whether a request was done. It never waits.
        """
        has_changed = False
        while (task := self._current) and (found := self._worker and self._worker.poll()):
            if isinstance(found, str):
                task.request.what = found
                continue
            self._current = None
            _finish(task, found)
            has_changed = True
            if task.request.on_done:
                task.request.on_done(task.request)
            self._send_next()
        return has_changed

    def close(self) -> None:
        """Kill the process, if there is one."""
        if self._worker:
            self._worker.kill()
            self._worker = None
        self._waiting.clear()
        self._current = None

    def _ask(self, what: str, frame: Frame, parse: Callable[[Frame], T]) -> Request[T]:
        request: Request[T] = Request(what, since=time.monotonic())
        kind = str(frame.content["do"])
        for task in [task for task in self._waiting if task.kind == kind]:
            task.request.is_dropped = True
            self._waiting.remove(task)
        self._waiting.append(_Task(request, frame, parse, kind))
        self._send_next()
        return request

    def _send_next(self) -> None:
        if self._current is None and self._waiting:
            self._current = self._waiting.pop(0)
            self._worker = self._worker or ServerWorker(self._start)
            self._worker.send(self._current.frame)


def _finish(task: _Task, found: Frame | EmnistTuiError) -> None:
    """Note the answer of a request, or why there is none."""
    request = task.request
    if isinstance(found, EmnistTuiError):
        request.problem = printable(str(found))
    elif error := found.content.get("error"):
        request.problem = printable(str(error))
        request.network_to_ask_for = found.content.get("network")
    else:
        try:
            request.answer = task.parse(found)
        except (LookupError, TypeError, ValueError):
            request.problem = "The process that computes networks gave no answer that can be read; try again."


def _data(data: DataOf) -> dict[str, Any]:
    paths = {"run": data.run, "checkpoint": data.checkpoint}
    texts = {name: str(path.absolute()) for name, path in paths.items() if path}
    return {**texts, "source": data.source, "fingerprint": data.fingerprint}


def _subject(checkpoint: Path | None, foreign: ForeignWeights) -> dict[str, Any]:
    choices = {"key": foreign.key, "input_scaling": foreign.input_scaling, "network": foreign.network}
    return {"checkpoint": str(checkpoint.absolute()) if checkpoint else None, "foreign": choices}


def _digit(frame: Frame) -> Digit:
    content = frame.content
    fields = {name: content[name] for name in ("label", "index", "split", "count", "data", "fingerprint")}
    return Digit(frame.arrays["image"], **fields)


def _image(frame: Frame) -> NDArray[np.uint8]:
    image = frame.arrays["image"]
    if image.shape != (SIDE, SIDE) or image.dtype != np.uint8:
        raise ValueError("the picture is no digit")
    return image


def _sample(frame: Frame) -> DigitSample:
    return DigitSample(frame.arrays["images"], frame.arrays["labels"], frame.arrays["indices"])


def _opened(frame: Frame) -> OpenedNetwork:
    content = frame.content
    scale = InputScale(*content["scale"])
    network = Network(Graph.from_json(content["nodes"]), _part(frame.arrays, "weights/"), scale)
    names = ("model", "epoch", "step", "needs_torch", "orientation", "input", "warning")
    return OpenedNetwork(network, **{name: content[name] for name in names})


def _part(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """Return the arrays whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
