"""User-facing errors and the exit codes that go with them."""

from enum import IntEnum


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
