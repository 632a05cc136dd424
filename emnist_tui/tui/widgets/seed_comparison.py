"""Verdict about two groups of seeds, and their differences against zero."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from emnist_tui.analysis.seed_comparison import SeedComparison, Verdict
from emnist_tui.analysis.spread import Spread
from emnist_tui.text import formats
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.theme import colored

_LEAST_PLOT = 9  # columns
_LEAST_SPAN = 0.0002  # of the axis, in shares
_MARGIN = 0.06  # of the axis on each side, in shares of its span
_QUESTION = "Better, or luck?"


class SeedVerdict(Widget):
    """Both means with spread and interval, and the answer in a sentence."""

    DEFAULT_CSS = """
    SeedVerdict {
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1;
        height: auto;
    }
    """
    BORDER_TITLE = _QUESTION

    def __init__(self) -> None:
        super().__init__()
        self._comparison: SeedComparison | None = None
        self._words = ""

    def show(self, comparison: SeedComparison | None, words: str = "") -> None:
        """Show a comparison, or `words` where there is none."""
        self._comparison, self._words = comparison, words
        data = formats.printable(comparison.a.data) if comparison else ""
        self.border_title = Content(f"{_QUESTION} Test accuracy on {data}" if data else _QUESTION)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return len(self._lines(width))

    def render(self) -> Text:
        return Text("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Text]:
        found = self._comparison
        if found is None:
            return self._wrapped(Text(self._in_the_app(self._words)), width)
        answer = Text(self._in_the_app(found.answer), self._answer_style(found.verdict))
        method = f"{found.method[0].upper()}{found.method[1:]}." if found.interval else ""
        rest = [Text(formats.printable(text)) for text in (method, found.differing, *found.warnings) if text]
        sentences = [line for text in (answer, *rest) for line in self._wrapped(text, width)]
        return [*self._sides(found, width), Text(""), *sentences]

    def _in_the_app(self, sentence: str) -> str:
        return formats.printable(in_the_app(sentence, keymap_of(self.app)))

    def _wrapped(self, text: Text, width: int) -> list[Text]:
        return list(text.wrap(self.app.console, max(1, width)))

    def _answer_style(self, verdict: Verdict) -> Style:
        match verdict:
            case Verdict.BETTER:
                return colored(self.app, "secondary", bold=True)
            case Verdict.WORSE:
                return colored(self.app, "warning", bold=True)
        return Style(bold=True)

    def _sides(self, found: SeedComparison, width: int) -> list[Text]:
        """Return a line for each group, shorter where there is no room."""
        groups = ((found.a, found.spread_a), (found.b, found.spread_b))
        names = [formats.printable(group.name) for group, _ in groups]
        for style in range(3):
            facts = [_facts(spread, style) for _, spread in groups]
            room = width - len("A  ") - 2 - max(map(len, facts))
            if room >= max(map(len, names)) or style == 2:
                break
        names = [formats.shortened(name, max(room, 8)) for name in names]
        longest = max(Text(name).cell_len for name in names)
        return [
            Text.assemble((letter, "dim"), "  ", (name, "bold"), " " * (longest - Text(name).cell_len + 2), fact)
            for letter, name, fact in zip("AB", names, facts, strict=True)
        ]


class SeedDifferences(Widget):
    """Table of the seeds, each difference drawn below the mean's interval."""

    DEFAULT_CSS = """
    SeedDifferences {
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1;
        height: auto;
    }
    """
    BORDER_TITLE = "Seeds, B − A in points"

    def __init__(self) -> None:
        super().__init__()
        self._comparison: SeedComparison | None = None

    def show(self, comparison: SeedComparison | None) -> None:
        self._comparison = comparison
        self.display = comparison is not None
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return 2 + len(_seeds(self._comparison)) if self._comparison else 0

    def render(self) -> Text:
        found = self._comparison
        if found is None:
            return Text("")
        rows = [_mean_row(found), *(_seed_row(found, seed) for seed in _seeds(found))]
        headings = ("seed", "A", "B", "B − A")
        widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
        room = self.content_size.width - sum(widths) - 2 * len(widths)
        axis = _Axis(found, room) if room >= _LEAST_PLOT else None
        lines = [_joined(headings, widths)]
        lines[0].append(f"  {axis.labels()}" if axis else "")
        lines[0].stylize("dim")
        for row, seed in zip(rows, (None, *_seeds(found)), strict=True):
            line = _joined(row, widths)
            if seed is None:
                line.stylize("bold")
            if axis:
                line.append("  ")
                line.append_text(self._mean_plot(axis, found) if seed is None else self._seed_plot(axis, found, seed))
            lines.append(line)
        return Text("\n", no_wrap=True).join(lines)

    def _mean_plot(self, axis: _Axis, found: SeedComparison) -> Text:
        """Draw the interval of the mean difference as a bar."""
        line = axis.blank()
        is_sure = found.verdict in (Verdict.BETTER, Verdict.WORSE)
        style = self._style(found.difference) if is_sure else Style(bold=True)
        if found.interval:
            low, high = (axis.column(end) for end in found.interval)
            bar = "├" + "─" * (high - low - 1) + "┤" if high > low else "│"
            line = _put(line, low, bar, style)
            if low < (zero := axis.column(0.0)) < high:
                line = _put(line, zero, "┼", style)
        return _put(line, axis.column(found.difference), "◆", style)

    def _seed_plot(self, axis: _Axis, found: SeedComparison, seed: int) -> Text:
        change = found.changes.get(seed)
        line = axis.blank()
        return line if change is None else _put(line, axis.column(change), "●", self._style(change))

    def _style(self, change: float) -> Style:
        return colored(self.app, "secondary" if change > 0 else "warning") if change else Style()


class _Axis:
    """Axis of differences that holds zero, the interval and all seeds."""

    def __init__(self, found: SeedComparison, width: int) -> None:
        values: list[float] = [0.0, found.difference, *found.changes.values(), *(found.interval or ())]
        low, high = min(values), max(values)
        margin = max(high - low, _LEAST_SPAN) * _MARGIN
        self._low: float = low - margin
        self._high: float = high + margin
        self._width = width

    def column(self, value: float) -> int:
        return round((value - self._low) / (self._high - self._low) * (self._width - 1))

    def blank(self) -> Text:
        """Return a line with nothing but the sign of zero."""
        return _put(Text(" " * self._width), self.column(0.0), "┊", Style(dim=True))

    def labels(self) -> str:
        """Return the ends of the axis, and 0 where it is free."""
        ends = [f"{end * 100:+.2f}" for end in (self._low, self._high)]
        gap = self._width - len(ends[0]) - len(ends[1])
        if gap < 1:
            return " " * self.column(0.0) + "0"
        line, zero = ends[0] + " " * gap + ends[1], self.column(0.0)
        is_free = len(ends[0]) < zero < self._width - len(ends[1]) - 1
        return line[:zero] + "0" + line[zero + 1 :] if is_free else line


def _facts(spread: Spread, style: int) -> str:
    """Describe a spread, shorter for each next style."""
    mean = f"{spread.mean * 100:.2f}" + ("" if spread.sd is None else f" ± {spread.sd * 100:.2f}") + " %"
    interval = ""
    if spread.interval and style < 2:
        low, high = (f"{end * 100:.2f}" for end in spread.interval)
        interval = f"  (95 %: {low}–{high} %)" if style == 0 else f"  95 %: {low}–{high}"
    return (
        f"{mean}  {spread.n} seed{'s' * (spread.n != 1)}{interval}"
        if style == 0
        else f"{mean}{interval}  n = {spread.n}"
    )


def _seeds(found: SeedComparison) -> Sequence[int]:
    """Return the seeds of both groups, those in common first."""
    return [*found.shared, *sorted(found.a.accuracies.keys() ^ found.b.accuracies.keys())]


def _mean_row(found: SeedComparison) -> tuple[str, ...]:
    groups = (found.a, found.b)
    seeds = found.shared if found.is_paired else None
    means = [Spread.of([group.accuracies[seed] for seed in seeds or group.accuracies]).mean for group in groups]
    return ("mean", *(f"{mean * 100:.2f}" for mean in means), _points(found.difference))


def _seed_row(found: SeedComparison, seed: int) -> tuple[str, ...]:
    accuracies = (group.accuracies.get(seed) for group in (found.a, found.b))
    shares = [formats.UNKNOWN if accuracy is None else f"{accuracy * 100:.2f}" for accuracy in accuracies]
    change = found.changes.get(seed)
    return (str(seed), *shares, formats.UNKNOWN if change is None else _points(change))


def _points(change: float) -> str:
    return formats.points(change).removesuffix(" points")


def _joined(cells: Sequence[str], widths: Sequence[int]) -> Text:
    return Text("  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)))


def _put(line: Text, column: int, signs: str, style: Style) -> Text:
    """Write signs over a line."""
    return Text.assemble(line[:column], (signs, style), line[column + len(signs) :])
