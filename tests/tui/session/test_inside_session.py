"""State of the Inside screen: what keys and clicks do to the view."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.tui.session.inside_digit import InsideDigit
from emnist_tui.tui.session.inside_session import InsideSession
from emnist_tui.tui.widgets.network.view import Cursor, DigitLabel, InsideView, Shown, Timeline
from tests.support.explained_networks import baseline, digit

PATIENCE = 20.0


@dataclass
class FakeSource:
    """A network that answers at once, or not at all."""

    network: Network | None = field(default_factory=baseline)
    before: Network | None = None
    name: str = "scripted"
    sentence: str = ""
    network_to_ask_for: str | None = None
    timeline: Timeline = field(default_factory=Timeline)
    _made: dict[tuple[int, int], tuple[object, object, Pass]] = field(default_factory=dict)

    def examine(self, of: InsideDigit) -> Pass | None:
        return self._of(self.network, of)

    def remote(self, network: Network) -> None:
        return None

    def examine_before(self, of: InsideDigit) -> tuple[Pass | None, str]:
        return self._of(self.before, of), "epoch 1"

    def _of(self, network: Network | None, of: InsideDigit) -> Pass | None:
        if network is None:
            return None
        kept = (network, of, examine(network, of.image, of.true))
        return self._made.setdefault((id(network), id(of)), kept)[2]


def one(seed: int = 0, true: int | None = None) -> InsideDigit:
    return InsideDigit(digit(seed), DigitLabel(f"#{seed}", "test"), true)


def shown(session: InsideSession) -> InsideView:
    session.poll()
    assert session.view
    return session.view


def until(session: InsideSession, condition: Callable[[InsideView], object]) -> InsideView:
    end = time.monotonic() + PATIENCE
    while not condition(view := shown(session)):
        assert time.monotonic() < end
        time.sleep(0.001)
    return view


def test_the_cursor_begins_at_the_strongest_cell_of_the_first_layer() -> None:
    session = InsideSession(FakeSource(), one())
    view = shown(session)
    value = view.passed.values[view.layers[0].nodes[1].name]
    assert (view.cursor.layer, view.cursor.node) == (0, 1)
    assert value[view.cursor.map, view.cursor.row, view.cursor.column] == value[view.cursor.map].max()


def test_a_view_is_made_only_for_a_change() -> None:
    source = FakeSource()
    session = InsideSession(source, one())
    assert session.poll()
    view = session.view
    assert not session.poll()
    assert session.view is view
    source.network = baseline(1)
    assert session.poll()
    session.move_cell(0, 1)
    assert session.poll()


def test_there_is_no_view_until_the_network_answers() -> None:
    source = FakeSource(network=None, sentence="Starting …")
    session = InsideSession(source, one())
    assert not session.poll()
    assert session.view is None
    assert session.sentence == "Starting …"
    session.move_layer(1)
    session.move_map(1)
    session.choose_next_class()
    source.network = baseline()
    assert session.poll()


def test_tab_goes_around_all_stops() -> None:
    session = InsideSession(FakeSource(), one())
    places = []
    for _ in range(7):
        cursor = shown(session).cursor
        places.append((cursor.layer, cursor.node))
        session.move_layer(1)
    assert places == [(0, 1), (0, 2), (1, 1), (1, 2), (2, 0), (3, 0), (0, 1)]
    session.move_layer(-1)
    assert shown(session).cursor.layer == 0


def test_maps_go_around_and_cells_end_at_the_edge() -> None:
    session = InsideSession(FakeSource(), one())
    view = shown(session)
    session.move_map(1)
    assert shown(session).cursor.map == (view.cursor.map + 1) % 2
    session.move_map(1)
    assert shown(session).cursor.map == view.cursor.map
    session.move_cell(-99, 99)
    cursor = shown(session).cursor
    assert (cursor.row, cursor.column) == (0, 23)


def test_at_the_answer_a_map_is_the_class_that_is_explained() -> None:
    session = InsideSession(FakeSource(), one())
    session_view = shown(session)
    session.go_to_layer(2)
    view = shown(session)
    assert view.cursor.map == view.answer == view.passed.predicted == session_view.answer
    session.move_map(1)
    view = shown(session)
    assert view.answer == view.cursor.map == (session_view.answer + 1) % 10
    assert view.against == view.passed.predicted or view.against == view.passed.runner_up
    session.move_cell(0, -1)
    assert shown(session).answer == session_view.answer


def test_the_classes_against_go_by_their_logits() -> None:
    session = InsideSession(FakeSource(), one(true=None))
    view = shown(session)
    order = [int(each) for each in np.argsort(-view.passed.logits)]
    assert [view.answer, view.against] == order[:2]
    for expected in [*order[2:], order[1]]:
        session.choose_next_class()
        assert shown(session).against == expected
    session.choose_class(order[4])
    assert shown(session).against == order[4]
    session.choose_class(view.answer)
    assert shown(session).against == order[4]


def test_another_digit_has_its_own_pair_but_the_same_cursor() -> None:
    session = InsideSession(FakeSource(), one())
    shown(session)
    session.choose_next_class()
    session.point_at(Cursor(1, 1, 2, 3, 4))
    session.look_at(one(5))
    view = shown(session)
    assert view.digit.name == "#5"
    assert view.against == view.passed.runner_up
    assert view.cursor == Cursor(1, 1, 2, 3, 4)


def test_a_cursor_that_was_not_moved_goes_to_the_strongest_cell_of_another_digit() -> None:
    session = InsideSession(FakeSource(), one())
    first = shown(session).cursor
    session.look_at(one(5))
    view = shown(session)
    assert view.cursor != first
    value = view.passed.values[view.layers[0].nodes[1].name]
    assert value[view.cursor.map, view.cursor.row, view.cursor.column] == value[view.cursor.map].max()


def test_only_numbers_that_there_are_are_shown() -> None:
    source = FakeSource()
    session = InsideSession(source, one())
    kinds = []
    for _ in range(3):
        kinds.append(shown(session).shown)
        session.choose_next_shown()
    assert kinds == [Shown.VALUES, Shown.WEIGHTS, Shown.VALUES]
    source.before = baseline(1)
    session.choose_shown(Shown.MOVED)
    assert shown(session).shown is Shown.MOVED
    source.before = None
    assert shown(session).shown is Shown.VALUES


def test_occlusion_is_shown_where_there_is_room_and_goes_by_its_key() -> None:
    session = InsideSession(FakeSource(), one())
    cursor = shown(session).cursor
    assert not shown(session).waiting
    session.has_room = True
    view = until(session, lambda view: view.occlusion is not None)
    assert view.occlusion is not None
    assert view.occlusion.shape == (28, 28)
    assert view.cursor == cursor
    session.toggle_occlusion()
    assert shown(session).occlusion is None
    session.close()


def test_without_room_the_cursor_goes_to_the_input_for_the_occlusion_and_back() -> None:
    session = InsideSession(FakeSource(), one())
    cursor = shown(session).cursor
    session.toggle_occlusion()
    assert until(session, lambda view: view.occlusion is not None).cursor.layer == 3
    session.toggle_occlusion()
    assert shown(session).cursor == cursor
    session.toggle_occlusion()
    session.go_to_layer(1)
    session.toggle_occlusion()
    assert shown(session).cursor.layer == 3
    assert (
        until(session, lambda view: view.occlusion is not None and len(view.reasons) > 1).reasons[0].startswith("5×5")
    )
    session.close()


def test_two_networks_share_digit_and_cursor() -> None:
    other = FakeSource(baseline(1), name="B")
    session = InsideSession(FakeSource(name="A"), one(), other)
    view = shown(session)
    assert view.names == ("A", "B")
    assert view.other
    assert view.other.image is view.passed.image
    assert view.other.network is other.network
    other.network, other.sentence = None, "B is being read …"
    session.look_at(one(1))
    assert not session.poll()
    assert session.sentence == "B is being read …"
