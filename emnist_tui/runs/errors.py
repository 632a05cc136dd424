"""Errors that are the user's to mend: one clear sentence and the exit code that goes with it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process ends with, as scripts rely on it."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    INTERRUPTED = 130


class EmnistTuiError(Exception):
    """Something the user can mend. The message is one sentence: what is wrong and what to do."""

    exit_code = ExitCode.FAILED


class InterruptedDownloadError(EmnistTuiError):
    """The user ended it. The message says how far it was, and what the same command does then."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self, reached: str, then: str) -> None:
        super().__init__(f"{reached}; {then}." if then else f"{reached}.")
        self.reached = f"{reached}."


class UsageError(EmnistTuiError):
    """What was asked for cannot be meant: a bad value, a missing path, a name already taken."""

    exit_code = ExitCode.WRONG_USE
