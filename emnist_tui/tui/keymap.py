"""Keys that the settings can change: their names and defaults."""

import re
from collections.abc import Mapping
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.keys import Keys, format_key

from emnist_tui.tui.terminal.textual_private import key_name, normalize_keys

EVERYWHERE = {
    "new": "n",
    "start": "space",
    "save": "s",
    "stop": "x",
    "reseed": "r",
    "test": "e",
    "longer": "t",
    "rate-up": "plus",
    "rate-down": "minus",
    "rate": "equals_sign",
    "log": "L",
    "open": "O",
    "data": "d",
    "train": "1",
    "confusion": "2",
    "errors": "3",
    "runs": "4",
    "inside": "5",
    "help": "question_mark,f1",
    "redraw": "ctrl+l",
    "suspend": "ctrl+z",
    "quit": "q",
}
CONFUSION = {"mode": "m", "epoch-before": "left_square_bracket", "epoch-after": "right_square_bracket", "compare": "c"}
INSIDE = {
    "map-before": "less_than_sign,comma",
    "map-after": "greater_than_sign,full_stop",
    "shown": "v",
    "occlusion": "o",
    "class-pair": "c",
    "frame-before": "left_square_bracket",
    "frame-after": "right_square_bracket",
    "play": "p",
    "digit": "slash",
    "unfold": "u",
}
LOOK_INSIDE = {"look-inside": "i"}
"""Key of every screen that shows a digit, or a cell of digits."""
ERRORS = {
    "filter": "slash",
    "sort": "o",
    "wrong-label": "w",
    "ambiguous": "a",
    "model-fault": "f",
    "undo": "u",
    "confident": "h",
    "unjudged": "j",
    "glyphs": "g",
    "copy": "y",
    "picture": "p",
}
RUNS = {
    "mark": "space,m",
    "compare-marked": "c",
    "overlay": "v",
    "filter-runs": "slash",
    "sort-runs": "o",
    "edit-run": "R",
    "delete-run": "D,delete",
    "trash": "T",
    "next-row": "j",
    "previous-row": "k",
    "first-row": "g",
    "last-row": "G",
}
SWEEP = {
    "stop-sweep": "X",
    "resume-trial": "u",
    "work": "w",
    "add-trial": "a",
    "extend": "E",
    "parameter": "p",
}
OF_RUNS_IN_SWEEP = ("compare-marked", "overlay", "sort-runs", "next-row", "previous-row", "first-row", "last-row")
"""Keys of Runs that do the same for a sweep's trials."""
CHARTS = {"zoom": "z", "log-scale": "y"}
REPLAY = ("frame-before", "frame-after", "play")
"""Keys of Inside that do the same on Train."""
OVERLAY = {**CHARTS, "hide-curve": "space"}
NOT_IN_LISTS = ("start",)
"""Keys of everywhere that Runs and the overlay lack; theirs marks or hides a row there."""

DEFAULTS = {**EVERYWHERE, **CONFUSION, **ERRORS, **LOOK_INSIDE, **INSIDE, **OVERLAY, **RUNS, **SWEEP}
"""Default keys by their names in the settings; commas separate the keys of one action."""

_FIXED = ("enter", "escape", "tab", "shift+tab", "up", "down", "left", "right", "ctrl+c", "ctrl+p", "ctrl+q")
"""Keys that no setting can change: they move, select and quit."""

_MODIFIERS = re.compile(r"(?:(?:ctrl|alt|shift|super|hyper|meta)\+)*")
_NAMED = {key.value for key in Keys} | {key_name(chr(code)) for code in range(ord("!"), ord("~") + 1)}


class Keymap:
    """Keys of every action: the defaults and the user's changes."""

    def __init__(self, chosen: Mapping[str, str] | None = None) -> None:
        self.chosen = dict(chosen or {})
        """Changed keys by the names in `DEFAULTS`."""

    def label(self, name: str) -> str:
        """Return an action's first key as text shows it, such as `^n`."""
        first = normalize_keys(self.chosen.get(name, DEFAULTS[name]))[0]
        *modifiers, last = first.rsplit("+", 1) if len(first) > 1 else [first]
        return "".join(f"{modifier}+" for modifier in modifiers).replace("ctrl+", "^") + format_key(last)


def keymap_of(app: App[Any]) -> Keymap:
    """Return the app's keymap; an app without one has the default keys."""
    keymap = getattr(app, "keys", None)
    return keymap if isinstance(keymap, Keymap) else Keymap()


def bind(name: str, action: str, description: str, **options: Any) -> Binding:
    """Return a binding to the key `name`, which the settings may change."""
    return Binding(DEFAULTS[name], action, description, id=name, **options)


def check(requested: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Return the valid changed keys, and a sentence about each invalid one."""
    problems = {name: problem for name, keys in requested.items() if (problem := _problem(name, keys))}
    chosen = {name: keys for name, keys in requested.items() if name not in problems}
    # An invalid one gets its default back, which another may have requested.
    while clash := _clash(chosen):
        name, other = clash
        problems[name] = f"cannot be {chosen.pop(name)}, which is the key of {other}"
    others = {name: keys for name, keys in chosen.items() if keys != DEFAULTS[name]}
    return others, [f"The key {name} {problem}." for name, problem in problems.items()]


def _problem(name: str, keys: Any) -> str | None:
    """Return a key's own problem as the end of a sentence."""
    if name not in DEFAULTS:
        return "does not exist; `emnist-tui settings` lists the keys"
    if not isinstance(keys, str) or not all(map(_is_key, keys.split(","))):
        return f"must be a key such as k, f5 or ctrl+k, not {keys!r}"
    if fixed := _normalized(keys) & set(_FIXED):
        return f"cannot be {min(fixed)}, which is fixed: it moves, selects or quits"
    return None


def _clash(chosen: Mapping[str, str]) -> tuple[str, str] | None:
    """Return a changed key and another one that its screen shares."""
    everything = {**DEFAULTS, **chosen}
    for name in chosen:
        for other in everything:
            if (
                other != name
                and _share_a_screen(name, other)
                and _normalized(everything[name]) & _normalized(everything[other])
            ):
                return name, other
    return None


def _is_key(text: str) -> bool:
    last = _MODIFIERS.sub("", text.strip(), count=1)
    return last in _NAMED or (len(last) == 1 and last.isprintable() and last != " ")


def _normalized(keys: str) -> set[str]:
    return set(normalize_keys(keys))


def _share_a_screen(a: str, b: str) -> bool:
    """Return whether one screen has both keys."""
    digits = [(*own, *LOOK_INSIDE) for own in ((*CONFUSION, "play"), ERRORS)]
    whole = [{*EVERYWHERE, *own} for own in ((*CHARTS, *REPLAY), *digits, INSIDE, (*SWEEP, *OF_RUNS_IN_SWEEP))]
    lists = [{*EVERYWHERE, *own} - {*NOT_IN_LISTS} for own in (OVERLAY, RUNS)]
    return any({a, b} <= names for names in (*whole, *lists))
