"""Sorting and filtering of listed runs and checkpoints."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from emnist_tui.runs.listing import Entry
from emnist_tui.runs.record import RunState

Key = Callable[[Entry], object]

_STATES = [*RunState, "waiting", "damaged", "checkpoint", "unreadable"]
"""States in the order of the list: first what is live."""


@dataclass(frozen=True)
class Order:
    """An order of the list."""

    by: str
    """One of `KEYS`."""
    is_reversed: bool = False
    """Whether it runs against its usual direction."""

    @property
    def is_descending(self) -> bool:
        """Whether large values come first."""
        return (self.by in _DESCENDING) != self.is_reversed


def _state(entry: Entry) -> int:
    return _STATES.index(entry.shown_state) if entry.shown_state in _STATES else len(_STATES)


def _name(entry: Entry) -> list[tuple[int, int, str]]:
    """Compare numbers in names by their value: `run-2` comes before `run-10`."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", entry.name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


KEYS: dict[str, Key] = {
    "created": lambda entry: entry.created,
    "last change": lambda entry: entry.time,
    "name": _name,
    "test": lambda entry: entry.test_accuracy,
    "state": _state,
    "epoch": lambda entry: entry.epoch,
    "step": lambda entry: entry.step,
    "seed": lambda entry: entry.seed,
    "rate": lambda entry: entry.learning_rate,
    "batch": lambda entry: entry.batch_size,
    "data": lambda entry: entry.data,
    "model": lambda entry: entry.model,
    "tags": lambda entry: entry.tags or None,
    "note": lambda entry: entry.note or None,
}
"""What an entry is sorted by, by the names of the columns; None comes last."""

ORDERS = (Order("created"), Order("last change"), Order("name"), Order("test"), Order("state"))
"""Orders that a key goes through."""

_DESCENDING = ("created", "last change", "test", "epoch", "step")


def arrange(entries: Iterable[Entry], order: Order, words: str = "") -> list[Entry]:
    """Return the entries that match all words, in an order.

    Equal ones stay in the order they come in, and unknown values come last.
    """
    found = [entry for entry in entries if matches(entry, words)]
    key = KEYS[order.by]
    known = [entry for entry in found if key(entry) is not None]
    unknown = [entry for entry in found if key(entry) is None]
    # A reversed sort keeps equal entries in their order, too.
    return [*sorted(known, key=key, reverse=order.is_descending), *unknown]  # type: ignore[arg-type]


def matches(entry: Entry, words: str) -> bool:
    """Check that every word is in one of the facts.

    These are the name, tags, note, data, state and model. Upper and lower case are the same.
    """
    facts = (entry.name, *entry.tags, entry.note, entry.data or "", entry.shown_state, entry.model or "")
    text = "\n".join(facts).casefold()
    return all(word in text for word in words.casefold().split())


def differing(entries: Sequence[Entry], fact: Callable[[Entry], object]) -> bool:
    """Check whether the known values of a fact differ."""
    return len({value for entry in entries if (value := fact(entry)) is not None}) > 1
