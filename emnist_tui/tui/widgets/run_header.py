"""Header of every screen: tabs, facts and state of the run."""

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.widget import Widget

from emnist_tui.runs.record import RunState
from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.session.requests import Request
from emnist_tui.tui.session.run_session import RunSession

SCREENS = {"train": "Train", "confusion": "Confusion", "errors": "Errors", "runs": "Runs"}
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


class RunHeader(Widget):
    """Two lines: screens and state, then name, model, data and device."""

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
        self._facts: tuple[str, ...] = ()
        self._state: RunState | None = None
        self._pending: Request | None = None

    def show(self, opened: RunSession | None) -> None:
        facts = (opened.name, opened.model, opened.data, opened.device) if opened else ()
        state, pending = (opened.state, opened.pending) if opened else (None, None)
        new = (tuple(printable(fact) for fact in facts if fact), state, pending)
        if new != (self._facts, self._state, self._pending):
            self._facts, self._state, self._pending = new
            self.refresh()

    def render(self) -> Content:
        width = self.size.width
        screens = Content.assemble(
            *((f" {label} ", "bold reverse $accent" if mode == self._mode else "") for mode, label in self._tabs())
        )
        state = Content("")
        if self._pending:
            state = Content.styled(f"● {self._pending} …", "$warning")
        elif self._state:
            state = Content.styled(f"● {self._state}", f"${_STATE_COLORS[self._state]}")
        gap = max(1, width - screens.cell_length - state.cell_length)
        return Content.assemble(screens, " " * gap, state, "\n", self._facts_line(width))

    def _tabs(self) -> list[tuple[str, str]]:
        """Return mode and label of each screen, such as `1 Train`."""
        keys = keymap_of(self.app)
        return [(mode, f"{keys.label(mode)} {title}") for mode, title in SCREENS.items()]

    def _facts_line(self, width: int) -> Content:
        """Return as many facts as fit.

        Separators are narrowed first; then the model, the device and the data are omitted, in this order.
        """
        if not self._facts:
            return Content.styled(" no run open", "dim")
        name, *others = self._facts
        *others_but_device, device = others or [""]
        choices = [others, [*others_but_device[1:], device], others_but_device[1:], []]
        wide, close = "  ·  ", " · "
        for separator, facts in [(wide, others), *((close, facts) for facts in choices)]:
            if cell_len(" " + separator.join([name, *facts])) <= width:
                break
        separated = [part for fact in facts for part in ((separator, "dim"), fact)]
        return Content.assemble(" ", (name, "bold"), *separated).truncate(width, ellipsis=True)

    def on_click(self, event: Click) -> None:
        """Switch to the screen whose name was clicked."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y != 0:
            return
        right = 0
        for mode, label in self._tabs():
            right += len(label) + 2
            if offset.x < right:
                self.app.call_later(self.app.run_action, f"app.show('{mode}')")
                return
