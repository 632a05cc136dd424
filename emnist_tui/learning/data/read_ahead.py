"""Reading of digits in a thread, beside the import of torch."""

from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread

from emnist_tui.learning.data import digits


class ReadAhead:
    """Digits that a thread reads while this one does something else.

    Reading needs numpy alone, and waits for the disk and for hashes most of the time.
    """

    def __init__(self, source: str) -> None:
        """Begin to load a source; see `dataset.load_dataset`."""
        self._phases: SimpleQueue[str | None] = SimpleQueue()
        self._digits: Future[digits.Digits] = Future()
        # A daemon, so that an interrupted program does not wait for it.
        Thread(target=self._read, args=(source,), name="read-ahead", daemon=True).start()

    def result(self, on_phase: digits.OnPhase) -> digits.Digits:
        """Wait for the digits, reporting the slow steps in this thread.

        Raises whatever loading them raised.
        """
        for phase in iter(self._phases.get, None):
            on_phase(phase)
        return self._digits.result()

    def _read(self, source: str) -> None:
        try:
            self._digits.set_result(digits.load_digits(source, self._phases.put))
        except BaseException as error:
            self._digits.set_exception(error)
        finally:
            self._phases.put(None)
