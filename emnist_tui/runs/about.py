"""The user's tags and note on a run, kept in about.json."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder, unwritable
from emnist_tui.runs.small_files import read_small

_LIMIT = 1 << 16  # bytes
_FORMAT = 1
_MOST_TAGS = 20
_LONGEST_TAG = 40
_LONGEST_NOTE = 2_000


@dataclass(frozen=True)
class About:
    """Tags and note of one run."""

    tags: tuple[str, ...] = ()
    note: str = ""
    problem: str | None = None
    """Why the file cannot be read, as a sentence."""


def read_about(folder: RunFolder) -> About:
    """Read the tags and the note; a missing file has none.

    Values of a wrong type are ignored.
    """
    try:
        record = _read(folder)
    except EmnistTuiError as error:
        return About(problem=str(error))
    tags, note = record.get("tags"), record.get("note")
    known = tuple(tag for tag in tags if isinstance(tag, str) and tag.strip()) if isinstance(tags, list) else ()
    return About(known[:_MOST_TAGS], note if isinstance(note, str) else "")


def write_about(folder: RunFolder, tags: Sequence[str], note: str) -> None:
    """Write the tags and the note, keeping the file's other keys.

    Raises `EmnistTuiError` if the folder cannot be written, or if the file is damaged, which stays as it is.
    """
    record = {"format": _FORMAT, **_read(folder), "tags": list(tags), "note": note}
    try:
        replace_text(folder.about, json.dumps(record, indent=2) + "\n")
    except OSError as error:
        raise unwritable(folder.path, error) from None


def parse_tags(text: str) -> list[str]:
    """Split tags at spaces and commas, dropping repeated ones."""
    return list(dict.fromkeys(text.replace(",", " ").split()))


def explain_bad_tags(text: str) -> str | None:
    """Explain why typed tags are invalid, if they are."""
    tags = parse_tags(text)
    if len(tags) > _MOST_TAGS:
        return f"must be at most {_MOST_TAGS} tags"
    if any(len(tag) > _LONGEST_TAG or not tag.isprintable() for tag in tags):
        return f"must be words of at most {_LONGEST_TAG} letters"
    return None


def explain_bad_note(text: str) -> str | None:
    """Explain why a typed note is invalid, if it is."""
    return f"must be at most {_LONGEST_NOTE:,} letters" if len(text) > _LONGEST_NOTE else None


def _read(folder: RunFolder) -> dict[str, Any]:
    """Read the file, empty if there is none.

    Raises `EmnistTuiError` if it is damaged.
    """
    try:
        record = json.loads(read_small(folder.about, _LIMIT))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _damaged(folder, error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise _damaged(folder, "not JSON") from None
    if not isinstance(record, dict):
        raise _damaged(folder, "not an object")
    return record


def _damaged(folder: RunFolder, reason: str) -> EmnistTuiError:
    return EmnistTuiError(f"{folder.about} cannot be read ({reason}); repair it or delete it.")
