"""Preview of the run under the cursor: facts and small curves."""

import math
from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.content import Content
from textual.widget import Widget

from emnist_tui.text import formats
from emnist_tui.text.sparkline import sparkline
from emnist_tui.tui.theme import colored
from emnist_tui.tui.widgets.runs.preview_facts import Fact, Preview, facts
from emnist_tui.tui.widgets.runs.run_table import STATE_COLORS

_LABEL = 12  # cells of the longest name of a fact, with the gap after it
_FLAT = 8  # rows; a lower widget has the curves beside the facts
_LOWEST_CHART = 3  # rows of a curve with its title
_HIGHEST_CHART = 9
_MOST_LINES = 6  # lines of one fact


class RunPreview(Widget):
    """Facts about one row, above its curves or beside them."""

    DEFAULT_CSS = """
    RunPreview {
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground;
        padding: 0 1;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: Preview | None = None

    def show(self, preview: Preview | None) -> None:
        """Show a row; None for an empty list."""
        if preview == self._shown:
            return
        self._shown = preview
        self.border_title = Content(formats.printable(preview.entry.name)) if preview else None
        self.border_subtitle = self._state(preview) if preview else None
        self.refresh()

    def render(self) -> Text:
        preview, (width, height) = self._shown, self.size
        if preview is None or width < 20 or height < 1:
            return Text()
        if height < _FLAT:
            return _beside(*self._low(preview, width, height))
        rows = self._fact_lines(facts(preview), width)
        chart = min(_HIGHEST_CHART, (height - len(rows) - 1) // 2)
        if preview.curve and chart >= _LOWEST_CHART:
            rows = rows[:height]
            rows += [
                Text(),
                *self._curve(preview, "loss", width, chart),
                *self._curve(preview, "accuracy", width, chart),
            ]
        return Text("\n").join(rows[:height])

    def _low(self, preview: Preview, width: int, height: int) -> tuple[list[Text], list[Text], int]:
        """Return the facts, the curves, and the width of the facts."""
        if not preview.curve or width < 60:
            return self._fact_lines(facts(preview), width, is_low=True)[:height], [], width
        left = width * 3 // 5
        chart = max(1, height // 2)
        curves = [line for name in ("loss", "accuracy") for line in self._curve(preview, name, width - left - 2, chart)]
        return self._fact_lines(facts(preview), left, is_low=True)[:height], curves, left

    def _fact_lines(self, found: Sequence[Fact], width: int, *, is_low: bool = False) -> list[Text]:
        lines: list[Text] = []
        room = max(1, width - _LABEL)
        for name, value in found:
            is_problem = name in ("problem", "failed")
            most = (_MOST_LINES // 2 if is_problem else 1) if is_low else _MOST_LINES
            wrapped = _wrap(value, room, most)
            style = colored(self.app, "error") if is_problem else ""
            lines += [
                Text.assemble((f"{name if number == 0 else '':<{_LABEL}}", "dim"), (part, style))
                for number, part in enumerate(wrapped)
            ]
        return lines

    def _curve(self, preview: Preview, name: str, width: int, height: int) -> list[Text]:
        """Draw a curve and its title in `height` rows."""
        values = [point.loss if name == "loss" else point.accuracy for point in preview.curve]
        known = [value for value in values if math.isfinite(value)]
        form = formats.loss if name == "loss" else formats.percent
        title = f"{name} {form(min(known))} … {form(max(known))}" if known else f"{name} {formats.UNKNOWN}"
        color = colored(self.app, "accent" if name == "loss" else "secondary")
        if height < 2:
            return [Text(formats.cut(title, width), style="dim")]
        rows = sparkline(values, width, height - 1)
        return [Text(formats.cut(title, width), style="dim"), *(Text(row, style=color) for row in rows)]

    def _state(self, preview: Preview) -> Content:
        state = preview.entry.shown_state
        color = STATE_COLORS.get(state)
        return Content.styled(formats.printable(state), f"${color}" if color else "")


def _wrap(text: str, width: int, most_lines: int) -> list[str]:
    """Break a text at spaces, cutting the rest after `most_lines`."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < most_lines - 1 and cell_len(rest) > width:
        part = rest[:width]
        at = part.rfind(" ") if " " in part.strip() else len(part)
        lines.append(rest[:at].rstrip())
        rest = rest[at:].strip()
    return [*lines, formats.cut(rest, width)] if rest else lines


def _beside(left: list[Text], right: list[Text], width: int) -> Text:
    rows = []
    for number in range(max(len(left), len(right))):
        row = left[number].copy() if number < len(left) else Text()
        if number < len(right):
            row.pad_right(max(0, width + 2 - row.cell_len))
            row.append_text(right[number])
        rows.append(row)
    return Text("\n").join(rows)
