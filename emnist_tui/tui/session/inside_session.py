"""State of the Inside screen: a digit, a network or two, and a cursor in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from emnist_tui.analysis.network.layers import Layer, layers_of
from emnist_tui.analysis.network.network import Array, Pass
from emnist_tui.runs.task import CLASSES
from emnist_tui.tui.session.background import Background
from emnist_tui.tui.session.inside_digit import InsideDigit
from emnist_tui.tui.session.inside_stops import Stop, same_place, size_of, stop_at, stops_of, strongest, within
from emnist_tui.tui.widgets.network.view import Cursor, InsideView, Shown, Timeline


class NetworkSource(Protocol):
    """Network whose weights may change, and that may take a while to answer."""

    name: str
    sentence: str
    """Why there is no pass, or what is waited for; empty if nothing."""

    def examine(self, digit: InsideDigit) -> Pass | None:
        """Return the newest weights' pass of a digit; the same one until they change, None until it is there."""

    def examine_before(self, digit: InsideDigit) -> tuple[Pass | None, str]:
        """Return the pass with the weights at the end of the last epoch, and their name."""

    @property
    def timeline(self) -> Timeline: ...

    def close(self) -> None: ...


@dataclass
class Choices:
    """What the user chose; it stays while weights and digits change."""

    cursor: Cursor | None = None
    """None for the first strong cell."""
    shown: Shown = Shown.VALUES
    answer: int | None = None
    """None for the predicted class."""
    against: int | None = None
    """None for the true class, or the runner-up."""
    has_occlusion: bool = False


class InsideSession:
    """One digit in one network, or in two, as the screen shows it."""

    def __init__(self, source: NetworkSource, digit: InsideDigit, other: NetworkSource | None = None) -> None:
        """Examine `digit` in the network of `source`, and in that of `other` beside it."""
        self.source, self.other = source, other
        self.digit = digit
        self.choices = Choices()
        self.view: InsideView | None = None
        """Newest view; None until the network has answered."""
        self._made_of: object = None
        self._layers: tuple[object, Sequence[Layer]] = (None, ())
        self._occlusion: Background[Array] = Background()

    @property
    def sentence(self) -> str:
        """Why there is no view, or what is waited for."""
        return self.source.sentence or (self.other.sentence if self.other else "")

    def look_at(self, digit: InsideDigit) -> None:
        """Examine another digit, with the cursor where it is."""
        self.digit = digit
        self.choices.answer = self.choices.against = None

    def poll(self) -> bool:
        """Ask for what is new; return whether the view is another one."""
        passed = self.source.examine(self.digit)
        other = self.other.examine(self.digit) if self.other else None
        if passed is None or (self.other and other is None):
            return False
        before, before_name = self.source.examine_before(self.digit)
        answer, against = self._pair(passed)
        occlusion, waiting = self._find_occlusion(passed, answer, against)
        timeline = self.source.timeline
        made_of = (
            passed, other, before, before_name, answer, against, occlusion, waiting, timeline,
            self.choices.cursor, self.choices.shown,
        )  # fmt: skip
        if self.view is not None and made_of == self._made_of:
            return False
        self._made_of = made_of
        if self._layers[0] is not passed.network.graph:
            self._layers = (passed.network.graph, layers_of(passed.network.graph))
        self.view = InsideView(
            digit=self.digit.label,
            passed=passed,
            layers=self._layers[1],
            cursor=self._cursor(passed),
            shown=self._shown(passed, before),
            against=against,
            answer=answer,
            before=before,
            before_name=before_name,
            other=other,
            names=(self.source.name, self.other.name) if self.other else ("", ""),
            occlusion=occlusion,
            waiting=waiting,
            timeline=timeline,
        )
        return True

    def close(self) -> None:
        """End what is under way in the background."""
        self._occlusion.close()
        self.source.close()
        if self.other:
            self.other.close()

    def move_layer(self, by: int) -> None:
        """Move the cursor by stops, to the same part of the image; past the last comes the first."""
        if view := self.view:
            stops = self._stops(view.passed)
            position = stop_at(stops, view.cursor)
            stop = stops[(position + by) % len(stops)]
            cursor = same_place(view.cursor, self._value(view), stop, view.passed.values[stop.name])
            is_answer = stop is stops[-1]
            self.choices.cursor = replace(cursor, map=view.answer) if is_answer else cursor

    def move_map(self, by: int) -> None:
        """Move the cursor by maps; past the last comes the first. At the answer a map is a class."""
        if view := self.view:
            maps, _, _ = size_of(self._value(view))
            self.point_at(replace(view.cursor, map=(view.cursor.map + by) % maps))

    def move_cell(self, rows: int, columns: int) -> None:
        """Move the cursor within its map; in a vector, by units."""
        if view := self.view:
            value, cursor = self._value(view), view.cursor
            if value.ndim == 1:
                self.move_map(rows or columns)
            else:
                self.point_at(within(replace(cursor, row=cursor.row + rows, column=cursor.column + columns), value))

    def point_at(self, cursor: Cursor) -> None:
        """Put the cursor on a cell."""
        if view := self.view:
            stops = self._stops(view.passed)
            if self._stop(view.passed, cursor) is stops[-1] and cursor.map < CLASSES:
                self.choices.answer = cursor.map
            self.choices.cursor = cursor

    def choose_next_shown(self) -> None:
        """Show other numbers: those that there are."""
        if view := self.view:
            kinds = [kind for kind in Shown if _has(kind, view.passed, view.before)]
            self.choices.shown = kinds[(kinds.index(view.shown) + 1) % len(kinds)]

    def choose_next_class(self) -> None:
        """Set the answer against the class with the next smaller logit."""
        if view := self.view:
            others = [int(each) for each in view.passed.logits.argsort()[::-1] if each != view.answer]
            self.choices.against = others[(others.index(view.against) + 1) % len(others)]

    def choose_class(self, against: int) -> None:
        """Set the answer against a class, or explain it if it is the answer already set against."""
        if (view := self.view) and against != view.answer:
            self.choices.against = against

    def toggle_occlusion(self) -> None:
        self.choices.has_occlusion = not self.choices.has_occlusion

    def _pair(self, passed: Pass) -> tuple[int, int]:
        answer = passed.predicted if self.choices.answer is None else self.choices.answer
        against = self.choices.against
        if against is None or against == answer:
            against = passed.runner_up if passed.runner_up != answer else passed.predicted
        return answer, against

    def _shown(self, passed: Pass, before: Pass | None) -> Shown:
        return self.choices.shown if _has(self.choices.shown, passed, before) else Shown.VALUES

    def _cursor(self, passed: Pass) -> Cursor:
        stops = self._stops(passed)
        if self.choices.cursor is None:
            first = stops[min(1, len(stops) - 1)]
            self.choices.cursor = strongest(first, passed.values[first.name])
        stop = self._stop(passed, self.choices.cursor)
        return within(replace(self.choices.cursor, layer=stop.layer, node=stop.node), passed.values[stop.name])

    def _stops(self, passed: Pass) -> list[Stop]:
        return stops_of(self._layers[1], passed)

    def _stop(self, passed: Pass, cursor: Cursor) -> Stop:
        stops = self._stops(passed)
        return stops[stop_at(stops, cursor)]

    def _value(self, view: InsideView) -> Array:
        return view.passed.values[self._stop(view.passed, view.cursor).name]

    def _find_occlusion(self, passed: Pass, answer: int, against: int) -> tuple[Array | None, str]:
        """Return the newest occlusion map, and what is waited for."""
        return None, ""


def _has(kind: Shown, passed: Pass, before: Pass | None) -> bool:
    return {Shown.GRADIENTS: bool(passed.gradients), Shown.MOVED: before is not None}.get(kind, True)
