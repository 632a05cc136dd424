"""State of the Inside screen: digit, networks and cursor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.explain.cells import Cell, cell_at
from emnist_tui.analysis.explain.occlusion import Occlusion
from emnist_tui.analysis.network.layers import Layer, layers_of
from emnist_tui.analysis.network.network import Array, Network, Pass
from emnist_tui.runs.task import CLASSES
from emnist_tui.tui.session.inside_digit import InsideDigit
from emnist_tui.tui.session.inside_reasons import Reasons
from emnist_tui.tui.session.inside_stops import Stop, same_place, size_of, stop_at, stops_of, strongest, within
from emnist_tui.tui.session.network_server import RemoteNetwork
from emnist_tui.tui.widgets.network.view import Cursor, InsideView, Shown, Timeline, ordered_maps


class NetworkSource(Protocol):
    """Network whose weights may change, and whose answers may take time."""

    @property
    def name(self) -> str: ...

    @property
    def sentence(self) -> str:
        """Why there is no pass, or a description of the wait."""

    @property
    def network_to_ask_for(self) -> str | None:
        """Recorded network file that has to be agreed to, if any."""

    def examine(self, digit: InsideDigit) -> Pass | None:
        """Return the newest weights' pass of a digit.

        The same one until they change; None until it is there.
        """

    def remote(self, network: Network) -> RemoteNetwork | None:
        """Return how a process computes a network, if it needs one."""

    def examine_before(self, digit: InsideDigit) -> tuple[Pass | None, str]:
        """Return the pass with the last epoch's weights, and their name."""

    @property
    def timeline(self) -> Timeline: ...


@dataclass
class Choices:
    """Choices of the user, which outlive weights and digits."""

    cursor: Cursor | None = None
    """None for the first strong cell."""
    shown: Shown = Shown.VALUES
    answer: int | None = None
    """None for the predicted class."""
    against: int | None = None
    """None for the true class, or the runner-up."""
    has_occlusion: bool | None = None
    """None to show it where there is room for everything."""
    is_folded: bool = False
    """Whether norms are folded into the sums before them."""


class InsideSession:
    """One digit in one network, or in two."""

    def __init__(
        self,
        source: NetworkSource,
        digit: InsideDigit,
        other: NetworkSource | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Examine `digit` in the network of `source`, and of `other`."""
        self.source, self.other = source, other
        self.digit = digit
        self.sample: Callable[[], NDArray[np.uint8] | None] = lambda: None
        """Function that returns the test digits over which activity is measured, uint8 [N, 28, 28]."""
        self.choices = Choices()
        self.has_room = False
        """Whether everything is shown at once."""
        self.view: InsideView | None = None
        """Newest view; None until the network has answered."""
        self._made_of: object = None
        self._first: Cursor | None = None
        """Place of the cursor until it is moved."""
        self._before_occlusion: Cursor | None = None
        """Place of the cursor before it went to the input for the occlusion."""
        self._layers: tuple[object, Sequence[Layer]] = (None, ())
        self._reasons = Reasons(clock, source.remote)

    @property
    def sentence(self) -> str:
        """Why there is no view, or what is waited for."""
        return self.source.sentence or (self.other.sentence if self.other else "")

    @property
    def network_to_ask_for(self) -> str | None:
        """Recorded network file that has to be agreed to, if any."""
        return self.source.network_to_ask_for or (self.other.network_to_ask_for if self.other else None)

    def look_at(self, digit: InsideDigit) -> None:
        """Examine another digit, with the cursor where the user put it."""
        self.digit, self._first = digit, None
        self.choices.answer = self.choices.against = None

    def poll(self) -> bool:
        """Ask for what is new; return whether the view is another one."""
        passed = self.source.examine(self.digit)
        other = self.other.examine(self.digit) if self.other else None
        if passed is None or (self.other and other is None):
            return False
        if self._layers[0] is not passed.network.graph:
            self._layers = (passed.network.graph, layers_of(passed.network.graph, passed.network.weights))
        before, before_name = self.source.examine_before(self.digit)
        cursor, shown = self._cursor(passed), self._shown(passed, before)
        answer, against = self._pair(passed)
        occlusion, reasons = self._reasons_for(passed, answer, against)
        sample = self.sample()
        measured = None if sample is None else self._reasons.activity(passed, sample)
        waiting = self._reasons.waiting if self._shows_occlusion else ""
        timeline = self.source.timeline
        made_of = (
            passed, other, before, before_name, answer, against, occlusion, reasons, waiting, measured, timeline,
            cursor, shown, self.choices.is_folded,
        )  # fmt: skip
        if self.view is not None and made_of == self._made_of:
            return False
        self._made_of = made_of
        self.view = InsideView(
            digit=self.digit.label,
            passed=passed,
            layers=self._layers[1],
            cursor=cursor,
            shown=shown,
            against=against,
            answer=answer,
            before=before,
            before_name=before_name,
            other=other,
            names=(self.source.name, self.other.name) if self.other else ("", ""),
            occlusion=occlusion.change if occlusion else None,
            reasons=reasons,
            waiting=waiting,
            activity=measured.active if measured else {},
            lost=measured.lost if measured else {},
            sample=measured.images if measured else 0,
            timeline=timeline,
            is_folded=self.choices.is_folded,
        )
        return True

    def close(self) -> None:
        """End what is under way in the background."""
        self._reasons.close()

    def move_layer(self, by: int) -> None:
        """Move the cursor by stops, to the same part of the image.

        Past the last comes the first.
        """
        if view := self.view:
            stops = self._stops(view.passed)
            self._go_to(view, stops[(stop_at(stops, self._cursor(view.passed)) + by) % len(stops)])

    def go_to_layer(self, layer: int) -> None:
        """Move the cursor to the same part of another layer."""
        if view := self.view:
            self._go_to(view, self._stop(view.passed, Cursor(layer)))

    def move_map(self, by: int) -> None:
        """Move the cursor by maps.

        Past the last comes the first. At the answer a map is a class.
        """
        if view := self.view:
            cursor, value = self._cursor(view.passed), self._value(view)
            stop = self._stop(view.passed, cursor)
            order = ordered_maps(view, stop.layer) if stop.layer < len(view.layers) else []
            if len(order) != size_of(value)[0]:
                order = list(range(size_of(value)[0]))
            self.point_at(replace(cursor, map=order[(order.index(cursor.map) + by) % len(order)]))

    def move_cell(self, rows: int, columns: int) -> None:
        """Move the cursor within its map; in a vector, by units."""
        if view := self.view:
            value, cursor = self._value(view), self._cursor(view.passed)
            if value.ndim == 1:
                self.move_map(rows or columns)
            else:
                self.point_at(within(replace(cursor, row=cursor.row + rows, column=cursor.column + columns), value))

    def point_at(self, cursor: Cursor) -> None:
        """Put the cursor on a cell.

        One of the same layer keeps the node.
        """
        if view := self.view:
            now = self._cursor(view.passed)
            if cursor.node is None and cursor.layer == now.layer:
                cursor = replace(cursor, node=now.node)
            stops = self._stops(view.passed)
            if self._stop(view.passed, cursor) == stops[-1] and cursor.map < CLASSES:
                self.choices.answer = cursor.map
            self.choices.cursor = cursor

    def choose_next_shown(self) -> None:
        """Show other numbers: those that there are."""
        if view := self.view:
            kinds = [kind for kind in Shown if _has(kind, view.passed, view.before)]
            self.choices.shown = kinds[(kinds.index(view.shown) + 1) % len(kinds)]

    def choose_shown(self, kind: Shown) -> None:
        """Show numbers of a kind, if there are any."""
        self.choices.shown = kind

    def choose_next_class(self) -> None:
        """Set the answer against the class with the next smaller logit."""
        if view := self.view:
            others = [int(each) for each in view.passed.logits.argsort()[::-1] if each != view.answer]
            self.choices.against = others[(others.index(view.against) + 1) % len(others)]

    def choose_class(self, against: int) -> None:
        """Set the answer against a class."""
        if (view := self.view) and against != view.answer:
            self.choices.against = against

    def toggle_occlusion(self) -> None:
        """Show the occlusion, or hide it.

        Unless there is room for everything at once it is beside the input, so the cursor goes there and back.
        """
        if view := self.view:
            is_seen = self.has_room or self._cursor(view.passed).layer == len(view.layers)
            self.choices.has_occlusion = not (self._shows_occlusion and is_seen)
            if self.choices.has_occlusion and not is_seen:
                self._before_occlusion = self._cursor(view.passed)
                self._go_to(view, self._stops(view.passed)[0])
            elif not self.choices.has_occlusion and self._before_occlusion and not self.has_room:
                self.choices.cursor, self._before_occlusion = self._before_occlusion, None

    @property
    def _shows_occlusion(self) -> bool:
        return self.has_room if self.choices.has_occlusion is None else self.choices.has_occlusion

    def toggle_folded(self) -> None:
        self.choices.is_folded = not self.choices.is_folded

    @property
    def cell(self) -> Cell | None:
        """Cell under the cursor."""
        if not (view := self.view):
            return None
        cursor = self._cursor(view.passed)
        name = self._stop(view.passed, cursor).name
        return cell_at(name, view.passed.values[name], cursor.map, cursor.row, cursor.column)

    def _go_to(self, view: InsideView, stop: Stop) -> None:
        cursor = same_place(self._cursor(view.passed), self._value(view), stop, view.passed.values[stop.name])
        is_answer = stop == self._stops(view.passed)[-1]
        self.choices.cursor = replace(cursor, map=view.answer) if is_answer else cursor

    def _reasons_for(self, passed: Pass, answer: int, against: int) -> tuple[Occlusion | None, tuple[str, ...]]:
        if not self._shows_occlusion:
            self._reasons.forget_occlusion()
            return None, ()
        occlusion = self._reasons.occlusion(passed, answer, against)
        self._reasons.nearest(passed)
        return occlusion, self._reasons.sentences

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
        cursor = self.choices.cursor or self._first
        if cursor is None:
            first = stops[min(1, len(stops) - 1)]
            self._first = cursor = strongest(first, passed.values[first.name])
        stop = self._stop(passed, cursor)
        return within(replace(cursor, layer=stop.layer, node=stop.node), passed.values[stop.name])

    def _stops(self, passed: Pass) -> list[Stop]:
        return stops_of(self._layers[1], passed)

    def _stop(self, passed: Pass, cursor: Cursor) -> Stop:
        stops = self._stops(passed)
        return stops[stop_at(stops, cursor)]

    def _value(self, view: InsideView) -> Array:
        return view.passed.values[self._stop(view.passed, self._cursor(view.passed)).name]


def _has(kind: Shown, passed: Pass, before: Pass | None) -> bool:
    return {Shown.GRADIENTS: bool(passed.gradients), Shown.MOVED: before is not None}.get(kind, True)
