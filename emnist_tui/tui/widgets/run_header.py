"""Header of every screen: tabs, facts and state of the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from emnist_tui.runs.device_facts import DeviceFacts, device_facts
from emnist_tui.runs.record import RunState
from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import keymap_of

if TYPE_CHECKING:
    from emnist_tui.tui.session.requests import Request
    from emnist_tui.tui.session.run_session import RunSession
    from emnist_tui.tui.session.training_watch import TrainingRun

SCREENS = {"train": "Train", "confusion": "Confusion", "errors": "Errors", "runs": "Runs", "inside": "Inside"}
"""Titles by mode, which is also the name of the key that shows the screen."""

_STATE_COLORS = {
    RunState.STARTING: "warning",
    RunState.TRAINING: "success",
    RunState.EVALUATING: "success",
    RunState.PAUSED: "warning",
    RunState.FINISHED: "accent",
    RunState.STOPPED: "foreground",
    RunState.FAILED: "error",
    RunState.INTERRUPTED: "error",
    RunState.UNKNOWN: "warning",
}
_NO_RUN = "no run open"
_WIDE, _CLOSE = "  ·  ", " · "
_LONGEST_KEY = 24  # characters of the key of foreign weights
_DETAIL = 1  # importance of the card's name, which a narrow header leaves out before the way of its steps
_OWN_SCALING = "unit"  # of this program's networks too, so not worth a word


@dataclass(frozen=True)
class Fact:
    """Text in the header, and its rank where room is short."""

    text: str
    importance: int
    short: str = ""
    """Text without details, if it has any."""

    def shown(self, least: int) -> str:
        """Return the text where facts below an importance are left out."""
        return self.short if self.short and least > _DETAIL else self.text


class RunHeader(Widget):
    """Two lines: screens and state, then the open run's facts.

    The second line also names another run that trains.
    """

    DEFAULT_CSS = """
    RunHeader {
        dock: top;
        height: 2;
        background: $panel;
        color: $foreground;
        padding: 0 1;
    }
    """

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode
        self._facts: tuple[Fact, ...] = ()
        self._state: RunState | None = None
        self._pending: Request | None = None
        self._training: TrainingRun | None = None
        self._tab_ends: dict[str, int] = {}
        """Column after each tab, by mode."""
        self._training_at = 0
        """Column from which a click opens the run that trains."""

    def show(self, opened: RunSession | None, training: TrainingRun | None = None) -> None:
        """Show the open run, and the name of another one that trains."""
        state, pending = (opened.state, opened.pending) if opened else (None, None)
        new = (tuple(_facts(opened)) if opened else (), state, pending, training)
        if new != (self._facts, self._state, self._pending, self._training):
            self._facts, self._state, self._pending, self._training = new
            self.refresh()

    def render(self) -> Content:
        width = self.size.width
        state = Content("")
        if self._pending:
            state = Content.styled(f"● {self._pending} …", "$warning")
        elif self._state:
            state = Content.styled(f"● {self._state}", f"${_STATE_COLORS[self._state]}")
        screens = Content.assemble(
            *((text, "bold reverse $accent" if mode == self._mode else "") for mode, text in self._tabs(state))
        )
        gap = max(0, width - screens.cell_length - state.cell_length)
        return Content.assemble(screens, " " * gap, state, "\n", self._second_line(width))

    def _second_line(self, width: int) -> Content:
        """Return the facts, and the run that trains at the right."""
        training = self._training_text(width)
        self._training_at = width - training.cell_length if training else width
        facts = self._facts_line(self._training_at - bool(training) * len(_WIDE))
        return Content.assemble(facts, " " * (self._training_at - facts.cell_length), training)

    def _training_text(self, width: int) -> Content:
        """Return the longest text that leaves the open run's name whole."""
        if self._training is None:
            return Content("")
        name, state = printable(self._training.path.name), self._training.state
        room = width - cell_len(self._facts[0].text if self._facts else _NO_RUN) - 1 - len(_WIDE)
        texts = [f"● {state} {name}", f"● {name}", f"● {state}", "●"]
        text = next((text for text in texts if cell_len(text) <= room), texts[-1])
        return Content.styled(text, f"${_STATE_COLORS[state]}")

    def _tabs(self, state: Content) -> list[tuple[str, str]]:
        """Return mode and text of each screen's tab.

        Such as ` 1 Train `. Where room is short beside the state, tabs have no space before them.
        """
        keys = keymap_of(self.app)
        labels = {mode: f"{keys.label(mode)} {title} " for mode, title in SCREENS.items()}
        is_wide = sum(len(label) + 1 for label in labels.values()) + state.cell_length <= self.size.width
        self._tab_ends = dict(zip(labels, accumulate(len(label) + is_wide for label in labels.values()), strict=True))
        return [(mode, " " * is_wide + label) for mode, label in labels.items()]

    def _facts_line(self, width: int) -> Content:
        """Return as many facts as fit.

        Separators are narrowed first; then the least important facts and details are omitted.
        """
        if not self._facts:
            return Content.styled(f" {_NO_RUN}", "dim").truncate(width, ellipsis=True)
        name, *others = self._facts
        for separator, least in [(_WIDE, 0), *((_CLOSE, rank) for rank in range(name.importance + 1))]:
            texts = [name.text, *(fact.shown(least) for fact in others if fact.importance >= least)]
            if cell_len(" " + separator.join(texts)) <= width:
                break
        separated = [part for text in texts[1:] for part in ((separator, "dim"), text)]
        return Content.assemble(" ", (name.text, "bold"), *separated).truncate(width, ellipsis=True)

    def on_click(self, event: Click) -> None:
        """Switch to the screen, or open the run, whose name was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 1:
            if self._training and offset.x >= self._training_at:
                self.app.run_worker(self.app.run_action("app.open_training"))
            return
        for mode, end in self._tab_ends.items():
            if offset.x < end:
                self.app.call_later(self.app.run_action, f"app.show('{mode}')")
                return


def _facts(opened: RunSession) -> Iterator[Fact]:
    """Yield name and facts in the order shown."""
    used = device_facts(opened.record.started) if opened.record.started else DeviceFacts("")
    device = opened.device or ""
    facts = (
        (opened.name, 6, ""),
        (opened.model, 3, ""),
        (_describe_input(opened), 1, ""),
        (opened.data, 5, ""),
        (device, 4, device.partition(" (")[0]),
        (used.way, 2, ""),
        (used.cuda, 0, ""),
    )
    return (Fact(printable(text), importance, printable(short)) for text, importance, short in facts if text)


def _describe_input(opened: RunSession) -> str:
    """Describe foreign weights, such as `weights ema, scaling mnist`."""
    loaded = opened.record.loaded
    if loaded is None:
        return ""
    weights = loaded.weights or ""
    if len(weights) > _LONGEST_KEY:
        weights = f"{weights[: _LONGEST_KEY - 1]}…"
    scaling = f"scaling {loaded.input_scaling}" if loaded.input_scaling not in (None, _OWN_SCALING) else ""
    return ", ".join(filter(None, (weights and f"weights {weights}", scaling)))
