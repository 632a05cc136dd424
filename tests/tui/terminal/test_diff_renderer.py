"""Diff updates: the same screen as whole updates, in fewer bytes."""

import io

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip

from emnist_tui.tui.terminal.diff_renderer import ByteBudget, ScreenBuffer, diff_update
from emnist_tui.tui.terminal.textual_private import ChopsUpdate, CompositorUpdate, LayoutUpdate
from tests.support.terminal_cells import Cell, cells_of

WIDTH, HEIGHT = 24, 4
SIZE = Size(WIDTH, HEIGHT)
EDGE = 7  # where one widget ends and the next begins
STYLES = [
    Style(color="white"),
    Style(color="red", bold=True),
    Style(bgcolor="blue"),
    Style(underline=True),
    Style(color="white", reverse=True),
    Style(color="white", meta={"offset": (1, 2)}),
]

Span = tuple[int, int, int]
Updates = list[tuple[list[Strip], list[Span] | None]]


def frames(alphabet: str) -> st.SearchStrategy[list[Strip]]:
    text = st.text(st.sampled_from(alphabet), max_size=WIDTH)
    segments = st.lists(
        st.builds(lambda text, style: Segment(text, style), text, st.sampled_from(STYLES)), min_size=1, max_size=4
    )
    strip = segments.map(lambda parts: Strip(parts).adjust_cell_length(WIDTH, STYLES[0]))
    return st.lists(strip, min_size=HEIGHT, max_size=HEIGHT)


def updates(alphabet: str, columns: st.SearchStrategy[tuple[int, int]]) -> st.SearchStrategy[Updates]:
    """Frames, each with the spans that are repainted; None for all."""
    spans = st.lists(st.builds(lambda y, xs: (y, *xs), st.integers(0, HEIGHT - 1), columns), min_size=1, max_size=4)
    return st.lists(st.tuples(frames(alphabet), st.none() | spans), min_size=1, max_size=4)


anywhere = st.tuples(st.integers(0, WIDTH - 1), st.integers(1, WIDTH)).filter(lambda columns: columns[0] < columns[1])
widgets = st.sampled_from([(0, EDGE), (EDGE, WIDTH), (0, WIDTH)])


@pytest.fixture(scope="module")
def console() -> Console:
    return Console(force_terminal=True, color_system="256", width=WIDTH, file=io.StringIO())


class Screen:
    """A terminal that plays the updates sent to it."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.stream = pyte.Stream(self.screen)
        self.taken = 0

    def feed(self, codes: str) -> None:
        self.taken += len(codes)
        self.stream.feed(codes.replace("\n", "\r\n"))

    @property
    def cells(self) -> list[list[Cell]]:
        return cells_of(self.screen)


def whole(frame: list[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[strip.crop(0, EDGE), strip.crop(EDGE)] for strip in frame], Region(0, 0, WIDTH, HEIGHT))


def partial(frame: list[Strip], where: list[Span]) -> ChopsUpdate:
    """Chop lines where widgets end, as Textual does, and repaint the spans only."""
    chops = [{0: strip.crop(0, EDGE), EDGE: strip.crop(EDGE)} for strip in frame]
    return ChopsUpdate(chops, sorted(where), [[EDGE, WIDTH]] * HEIGHT)


def patched(before: list[Strip], after: list[Strip], where: list[Span]) -> list[Strip]:
    """Return the frame `before` with the spans of the frame `after`."""
    frame = list(before)
    for y, first, end in where:
        frame[y] = Strip.join([frame[y].crop(0, first), after[y].crop(first, end), frame[y].crop(end)])
    return frame


def written(console: Console, update: LayoutUpdate | ChopsUpdate, buffer: ScreenBuffer) -> str:
    diff = diff_update(update, buffer, SIZE)
    assert isinstance(diff, CompositorUpdate)
    return diff.render_segments(console)


def check(console: Console, first: list[Strip], following: Updates) -> None:
    """Compare the screen with one that gets every frame whole."""
    buffer, screen = ScreenBuffer(), Screen()
    screen.feed(written(console, whole(first), buffer))
    shown = first
    for frame, where in following:
        shown = frame if where is None else patched(shown, frame, where)
        update = whole(frame) if where is None else partial(frame, where)
        screen.feed(written(console, update, buffer))
        expected = Screen()
        expected.feed(whole(shown).render_segments(console))
        assert screen.cells == expected.cells


@settings(max_examples=60)
@given(first=frames("ab ⣿━"), following=updates("ab ⣿━", anywhere))
def test_any_part_of_a_line_can_change(console: Console, first: list[Strip], following: Updates) -> None:
    check(console, first, following)


@settings(max_examples=60)
@given(first=frames("a 数字é"), following=updates("a 数字é", widgets))
def test_characters_can_be_wide(console: Console, first: list[Strip], following: Updates) -> None:
    check(console, first, following)


def test_unchanged_cells_cost_no_bytes(console: Console) -> None:
    frame = [Strip([Segment("x" * WIDTH, STYLES[y % 3])]) for y in range(HEIGHT)]
    buffer = ScreenBuffer()
    everything = written(console, whole(frame), buffer)
    assert everything == whole(frame).render_segments(console)
    assert written(console, whole(frame), buffer) == ""
    assert written(console, partial(frame, [(0, 0, WIDTH)]), buffer) == ""
    changed = [frame[0], Strip([Segment("x" * 20 + "y" + "x" * 3, STYLES[1])]), *frame[2:]]
    sent = written(console, partial(changed, [(1, 0, WIDTH)]), buffer)
    assert sent.count("x") == 0
    assert sent.count("y") == 1
    buffer.invalidate()
    assert written(console, whole(frame), buffer) == everything


def test_what_is_not_seen_costs_no_bytes(console: Console) -> None:
    def frame(color: str, place: int) -> list[Strip]:
        parts = [Segment("x", Style(color="white", meta={"offset": (place, 0)})), Segment(" " * 23, Style(color=color))]
        return [Strip(parts)] * HEIGHT

    buffer = ScreenBuffer()
    written(console, whole(frame("red", 0)), buffer)
    assert written(console, whole(frame("blue", 5)), buffer) == ""


def test_the_codes_of_a_style_are_written_once(console: Console) -> None:
    buffer = ScreenBuffer()
    written(console, whole([Strip([Segment("x" * WIDTH, STYLES[0])])] * HEIGHT), buffer)
    changed = Strip([Segment("y", STYLES[1]), Segment("x" * 10, STYLES[0]), Segment("z" + "x" * 12, STYLES[0])])
    sent = written(console, whole([changed] * HEIGHT), buffer)
    assert sent.count("y") == sent.count("z") == HEIGHT
    assert sent.count("m") == 4, "a style and its end, twice"


def test_nothing_is_written_of_another_size_than_the_terminals(console: Console) -> None:
    frame = [Strip([Segment("x" * WIDTH, STYLES[0])]) for _ in range(HEIGHT)]
    buffer = ScreenBuffer()
    everything = written(console, whole(frame), buffer)
    smaller = Size(WIDTH - 2, HEIGHT - 1)
    for update in (whole(frame), partial(frame, [(0, 0, WIDTH)])):
        assert diff_update(update, buffer, smaller) is None
    fitting = LayoutUpdate([[strip.crop(0, WIDTH - 2)] for strip in frame[1:]], smaller.region)
    diff = diff_update(fitting, buffer, smaller)
    assert isinstance(diff, CompositorUpdate)
    assert diff.render_segments(console) == fitting.render_segments(console)
    for update in (whole(frame), partial(frame, [(0, 0, WIDTH)])):
        assert diff_update(update, buffer, smaller) is None, "a screen that has not heard of the size yet"
    assert written(console, whole(frame), buffer) == everything, "and all again in the old size"


def test_a_part_waits_for_the_whole_screen(console: Console) -> None:
    frame = [Strip([Segment("x" * WIDTH, STYLES[0])]) for _ in range(HEIGHT)]
    buffer = ScreenBuffer()
    for _ in range(2):
        buffer.invalidate()
        assert diff_update(partial(frame, [(0, 0, WIDTH)]), buffer, SIZE) is None
        written(console, whole(frame), buffer)
        assert diff_update(partial(frame, [(0, 0, WIDTH)]), buffer, SIZE) is not None


def test_other_renderables_stay_as_they_are() -> None:
    assert diff_update("text", ScreenBuffer(), SIZE) == "text"
    assert diff_update(None, ScreenBuffer(), SIZE) is None


def test_a_budget_allows_a_frame_at_its_rate_or_for_a_new_state(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("emnist_tui.tui.terminal.diff_renderer.time.monotonic", lambda: now)
    buffer = ScreenBuffer()
    budget = ByteBudget(buffer, 1000)
    assert budget.allows("training")
    buffer.bytes += 2500
    now += 1
    assert not budget.allows("training")
    assert budget.allows("paused")
    now += 2
    assert not budget.allows("paused")
    now += 1
    assert budget.allows("paused")
    assert budget.allows("paused")
