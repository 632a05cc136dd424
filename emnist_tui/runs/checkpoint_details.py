"""Cache of the details of bare checkpoints, which only torch can read.

It is a file in the data root. A checkpoint is read again once its size or a time stamp changes, or the program's
version; one that cannot be opened is read every time.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from emnist_tui import __version__
from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.data_paths import data_root
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.listing import Entry, bare_checkpoint

_LARGEST = 1 << 20  # bytes that are read of the cache
_TEXTS = ("model", "data")
_COUNTS = ("epoch", "epochs", "step", "seed", "batch_size")
_NUMBERS = ("test_accuracy", "learning_rate")
_DETAILS = (*_TEXTS, *_COUNTS, *_NUMBERS)


def describe_checkpoints(paths: Sequence[Path], read: Callable[[Path], Entry]) -> list[Entry]:
    """Describe checkpoints, calling `read` for those that are not in the cache."""
    cached = _load()
    entries, added = [], {}
    for path in paths:
        key = _key(path)
        entry = _entry(path, cached.get(key)) if key else None
        if entry is None:
            entry = read(path)
            if key and not entry.problem:
                added[key] = {name: getattr(entry, name) for name in _DETAILS}
        entries.append(entry)
    if added:
        _store({key: details for key, details in cached.items() if _is_current(key)} | added)
    return entries


def _key(path: Path) -> str | None:
    """Return what identifies a file and its content, if it is there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {path.absolute()}"


def _is_current(key: str) -> bool:
    return _key(Path(key.split(" ", 3)[-1])) == key


def _entry(path: Path, details: Any) -> Entry | None:
    """Return the entry of cached details, if they are valid."""
    if not isinstance(details, dict) or set(details) != set(_DETAILS):
        return None
    kinds = dict.fromkeys(_TEXTS, str) | dict.fromkeys(_COUNTS, int) | dict.fromkeys(_NUMBERS, float)
    if any(value is not None and type(value) is not kinds[name] for name, value in details.items()):
        return None
    return replace(bare_checkpoint(path), **details)


def _file() -> Path:
    return data_root() / "checkpoints" / f"v{__version__}.json"


def _load() -> dict[str, Any]:
    try:
        with _file().open("rb") as file:
            cached = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError, EmnistTuiError):  # the last for a data root that cannot be
        return {}
    return cached if isinstance(cached, dict) else {}


def _store(cached: dict[str, Any]) -> None:
    with suppress(OSError, ValueError, EmnistTuiError):  # read again next time; a name may not be text
        _file().parent.mkdir(parents=True, exist_ok=True)
        replace_text(_file(), json.dumps(cached))
