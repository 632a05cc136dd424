"""User-facing errors and the exit codes that go with them."""

import os
from enum import IntEnum

_DEBUG_VARIABLE = "EMNIST_TUI_DEBUG"


class ExitCode(IntEnum):
    """Exit codes of the process, which scripts rely on."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    INTERRUPTED = 130


class EmnistTuiError(Exception):
    """A user-facing error.

    The message is one sentence: what is wrong and what to do.
    """

    exit_code = ExitCode.FAILED


OWN_MODULE = "own_network_"
"""Start of the name that the module of a user's network has."""


class InterruptedDownloadError(EmnistTuiError):
    """A download that the user interrupted."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self, reached: str, then: str) -> None:
        """Compose the message.

        `reached` says how far the download got, `then`, which may be empty, what running the command again does.
        """
        super().__init__(f"{reached}; {then}." if then else f"{reached}.")
        self.reached = f"{reached}."


class UsageError(EmnistTuiError):
    """Wrong use, such as a bad value or a name already taken."""

    exit_code = ExitCode.WRONG_USE


class UnavailableDeviceError(UsageError):
    """A device that cannot be used, unlike the CPU."""


class ProgramExitError(EmnistTuiError):
    """An exit amid a command, as in a user's network."""

    def __init__(self, error: SystemExit) -> None:
        """Name the line that exits."""
        import traceback  # here, since few commands need it

        *_, (frame, line) = traceback.walk_tb(error.__traceback__)
        super().__init__(f"{frame.f_code.co_filename}, line {line}, ended the program; take the exit out of it.")


class NothingToTrainError(UsageError):
    """A run that has finished all its epochs."""


class NetworkNeededError(UsageError):
    """A checkpoint whose network of one's own has to be named."""

    def __init__(self, message: str, network: str) -> None:
        """Ask for a network's file, which is recorded as `network`."""
        super().__init__(message)
        self.network = network


def shows_tracebacks() -> bool:
    """Return whether the user wants the traceback of an unexpected error."""
    return bool(os.environ.get(_DEBUG_VARIABLE))


def describe_unexpected(error: BaseException) -> str:
    """Describe, as one sentence, an error that no command expects."""
    if line := user_line(error):
        return f"{line}: {type(error).__name__}: {error}; correct the file."
    return f"Unexpected {type(error).__name__}: {error}; set {_DEBUG_VARIABLE}=1 to see where."


def user_line(error: BaseException) -> str | None:
    """Return the last line of a user's network on an error's way.

    Files beside that of the network count too. None if the error came through neither.
    """
    import traceback  # here, since few commands need it
    from pathlib import Path

    steps = list(traceback.walk_tb(error.__traceback__))
    folders = {
        Path(frame.f_code.co_filename).parent
        for frame, _ in steps
        if str(frame.f_globals.get("__name__")).startswith(OWN_MODULE)
    }
    for frame, line in reversed(steps):
        if Path(frame.f_code.co_filename).parent in folders:
            return f"{frame.f_code.co_filename}, line {line}"
    return None
