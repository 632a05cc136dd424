"""Paths as people type and paste them."""

import errno
import os
import shlex
import socket
from pathlib import Path
from urllib.parse import unquote_to_bytes

from emnist_tui.runs.errors import UsageError

STANDARD_STREAM = "-"
"""The name of standard input or output, by convention."""


def typed_path(text: str) -> Path:
    """Return the path that a user typed, with `~` and `file://` understood.

    Raises `UsageError` for the home folder of an unknown user, a URL of another machine, a null character, a name that
    is too long, and `-`.
    """
    if text == STANDARD_STREAM:
        raise UsageError("- is standard input or output, which cannot be used here; name a file.")
    path = _path_of_url(text) if text.lower().startswith("file:") else text
    if "\0" in path:
        raise UsageError("A path cannot hold a null character; write it again.")
    expanded = os.path.expanduser(path)  # noqa: PTH111 - pathlib raises for an unknown user
    if expanded.startswith("~") and not os.path.lexists(path):
        raise UsageError(f"There is no home folder {path.partition('/')[0]}; write the path in full.")
    if _is_too_long(expanded):
        raise UsageError(f"A path as long as {path[:20]}… cannot exist; write a shorter one.")
    return Path(expanded)


def pasted_path(text: str) -> Path:
    """Return the path that a user pasted, quoted or escaped.

    Terminals quote or escape the names of files that are dropped on them. Raises as `typed_path` does.
    """
    bare = text.strip()
    try:
        words = shlex.split(bare)
    except ValueError:  # a quote without its partner, which belongs to the name
        words = []
    if len(words) != 1 or os.path.lexists(os.path.expanduser(bare)):  # noqa: PTH111
        return typed_path(bare)
    return typed_path(words[0].strip())


def _is_too_long(path: str) -> bool:
    """Return whether the file system refuses a path for its length."""
    try:
        os.lstat(path)
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def _path_of_url(url: str) -> str:
    """Return the path of a `file:` URL.

    Raises `UsageError` if it is on another machine.
    """
    path = url.partition(":")[2]
    if path.startswith("//"):
        host, slash, rest = path.removeprefix("//").partition("/")
        if host.lower() not in ("", "localhost", socket.gethostname().lower()):
            raise UsageError(f"{url} is on another machine; copy it to this one.")
        path = slash + rest
    return os.fsdecode(unquote_to_bytes(path))
