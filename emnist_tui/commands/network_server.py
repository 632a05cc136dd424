"""The process behind the app's `NetworkServer`: requests on stdin, answers on stdout.

It is not for users: the app starts it. It ends with its stdin, whatever it is doing, and so never outlives the app.
"""

import argparse
import os
import queue
import sys
import threading
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

from emnist_tui.runs.errors import EmnistTuiError, ExitCode, NetworkNeededError, describe_unexpected
from emnist_tui.runs.frames import BrokenFrameError, Frame, read_frame, write_frame

if TYPE_CHECKING:
    from emnist_tui.learning.inference.digit_lookup import DigitLookup
    from emnist_tui.learning.inference.network_service import NetworkService

_PATIENCE = 60.0  # seconds without a request, after which the data leaves the memory
_LONG_PATIENCE = 600.0  # seconds more, after which torch does too: the app starts another process when it needs one


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options."""
    del parser


def run(options: argparse.Namespace) -> int:
    """Answer requests until stdin ends, or none come for long."""
    del options
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a network's file may print
    asked = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())  # or ask for input
    requests: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(asked, requests), daemon=True).start()
    service = _Service(answers)
    while True:
        try:
            request = requests.get(timeout=_PATIENCE)
        except queue.Empty:
            service.let_go()
            try:
                request = requests.get(timeout=_LONG_PATIENCE)
            except queue.Empty:
                os._exit(ExitCode.DONE)  # Python would wait for the thread that reads, and abort
        try:
            answer = service.answer(request)
        except EmnistTuiError as error:
            needed = error.network if isinstance(error, NetworkNeededError) else None
            answer = Frame({"error": str(error), "network": needed})
        except Exception as error:
            answer = Frame({"error": describe_unexpected(error)})
        write_frame(answers, answer)


def _read(stream: IO[bytes], requests: "queue.SimpleQueue[Frame]") -> None:
    """Read requests, and end the process with the stream."""
    try:
        while request := read_frame(stream):
            requests.put(request)
    except BrokenFrameError:
        pass
    os._exit(ExitCode.DONE)


class _Service:
    """Answers to each kind of request.

    The libraries of a kind are loaded when its first request comes.
    """

    def __init__(self, answers: IO[bytes]) -> None:
        self._answers = answers

    def answer(self, request: Frame) -> Frame:
        """Return the answer to a request. Raises `EmnistTuiError`."""
        match request.content.get("do"):
            case "digit":
                return self._digit(request)
            case "sample":
                return self._sample(request)
            case "picture":
                return self._picture(request)
            case "open":
                return self._networks.open(request.content)
            case "examine":
                return self._networks.examine(request.content, request.arrays)
            case "logits":
                return self._networks.logits(request.content, request.arrays)
            case "values":
                return self._networks.values(request.content, request.arrays)
        raise EmnistTuiError("The app asks for something unknown; start it anew.")

    @cached_property
    def _digits(self) -> "DigitLookup":
        from emnist_tui.learning.inference.digit_lookup import DigitLookup

        return DigitLookup(self._report)

    @cached_property
    def _networks(self) -> "NetworkService":
        self._report("loading torch")
        from emnist_tui.learning.inference.network_service import NetworkService

        return NetworkService(self._report)

    def let_go(self) -> None:
        """Let go of the data, which may be 200 MB."""
        if "_digits" in self.__dict__:
            self._digits.let_go()

    def _digit(self, request: Frame) -> Frame:
        from emnist_tui.learning.inference.digit_lookup import reference

        content = request.content
        found = self._digits.digit(reference(content), content["split"], content["index"])
        described = {
            "label": found.label,
            "index": found.index,
            "split": found.split,
            "count": found.count,
            "data": found.data,
            "fingerprint": found.fingerprint,
        }
        return Frame(described, {"image": found.image})

    def _sample(self, request: Frame) -> Frame:
        from emnist_tui.learning.inference.digit_lookup import reference

        sample = self._digits.sample(reference(request.content))
        return Frame({}, {"images": sample.images, "labels": sample.labels, "indices": sample.indices})

    def _picture(self, request: Frame) -> Frame:
        from emnist_tui.learning.inference.image_io import read_picture
        from emnist_tui.learning.inference.preprocess import find_digit

        return Frame({}, {"image": find_digit(read_picture(Path(request.content["path"])))})

    def _report(self, phase: str) -> None:
        write_frame(self._answers, Frame({"phase": phase}))
