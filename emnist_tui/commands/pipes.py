"""Standard input, pipes and devices, which are read only once."""

import tempfile
from functools import cache
from pathlib import Path

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.user_paths import STANDARD_STREAM, typed_path

SMALL = 64 << 20
"""Most bytes of a checkpoint or picture, as in a file."""
_STDIN = Path("/dev/stdin")
_CHUNK = 1 << 20  # bytes


def input_file(text: str, limit: int = SMALL) -> Path:
    """Return the file that a user named as input.

    `-` is standard input. What can be read only once is kept in a temporary file. Raises `UsageError` as `typed_path`
    does, and `EmnistTuiError` for no input, more than `limit` bytes, or input that cannot be read.
    """
    return _keep(_STDIN, limit) if text == STANDARD_STREAM else rereadable(typed_path(text), limit)


def rereadable(path: Path, limit: int = SMALL) -> Path:
    """Return `path`, or a copy of a pipe or device.

    Raises `EmnistTuiError` for no input, more than `limit` bytes, or input that cannot be read.
    """
    is_stream = path.exists() and not path.is_file() and not path.is_dir()
    return _keep(path, limit) if is_stream else path


@cache  # read once, however often it is named
def _keep(path: Path, limit: int) -> Path:
    name = "Standard input" if path == _STDIN else str(path)
    left = limit
    try:
        kept = Path(tempfile.mkdtemp(dir=_folder().name), path.name)
        # Standard input by its number: it may be a socket, which has no path.
        with open(0 if path == _STDIN else path, "rb", closefd=path != _STDIN) as stream, kept.open("wb") as file:
            while chunk := stream.read(min(_CHUNK, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise EmnistTuiError(f"{name} has more than {limit >> 20:,} MB; give a smaller file.")
                file.write(chunk)
    except OSError as error:
        raise EmnistTuiError(f"{name} cannot be read ({error.strerror or error}); name a file.") from None
    if left == limit:
        raise EmnistTuiError(f"{name} is empty; name a file.")
    return kept


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    """Create the folder of all kept input, which is deleted at exit."""
    return tempfile.TemporaryDirectory(prefix="emnist-tui-input-")
