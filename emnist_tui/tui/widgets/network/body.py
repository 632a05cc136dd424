"""Body of the Inside screen: a network's numbers and their arithmetic."""

from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from emnist_tui.tui.widgets.hint import hint_strips
from emnist_tui.tui.widgets.network.answer_stage import draw_answer_stage
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.canvas import Canvas
from emnist_tui.tui.widgets.network.cell_stage import draw_cell_stage
from emnist_tui.tui.widgets.network.heading import draw_heading
from emnist_tui.tui.widgets.network.inks import Inks, inks_of
from emnist_tui.tui.widgets.network.input_stage import draw_input_stage
from emnist_tui.tui.widgets.network.layout import Kind, Layout, lay_out
from emnist_tui.tui.widgets.network.levels import LevelMemory
from emnist_tui.tui.widgets.network.overview import draw_overview, draw_titles
from emnist_tui.tui.widgets.network.subject import Subject
from emnist_tui.tui.widgets.network.timeline import draw_timeline
from emnist_tui.tui.widgets.network.view import InsideView
from emnist_tui.tui.widgets.network.whole import draw_whole

_LEAST = Size(40, 10)
"""Smallest space in which anything is drawn."""


class NetworkBody(Widget):
    """Network and one digit; clicks post the messages of `messages`."""

    DEFAULT_CSS = """
    NetworkBody { width: 1fr; height: 1fr; }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, hint: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        """Create an empty body; `hint` is shown while it has no view."""
        super().__init__(id=id, classes=classes)
        self._hint = hint
        self._view: InsideView | None = None
        self._memory = LevelMemory()
        self._inks: Inks | None = None
        self._canvas: Canvas | None = None
        self._strips: list[Strip] = []
        self._page = Style()

    def show(self, view: InsideView | None) -> None:
        """Show a view, or the hint for None.

        Only rows that change are drawn again.
        """
        if view is None or self._view is None or _subject_of(view) != _subject_of(self._view):
            self._memory.forget()
        self._view = view
        before, self._strips = self._strips, []
        if not before or not self.is_attached or not self.size:
            self.refresh()
            return
        self._draw()
        changed = [y for y, (old, new) in enumerate(zip(before, self._strips, strict=False)) if old != new]
        if len(before) != len(self._strips):
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def explain_empty(self, hint: str) -> None:
        """Set what is shown while there is no view."""
        if hint != self._hint:
            self._hint = hint
            if self._view is None:
                self._invalidate()

    def render_line(self, y: int) -> Strip:
        if not self._strips:
            self._draw()
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self._page)
        return self._strips[y]

    def on_resize(self) -> None:
        self._memory.forget()
        self._invalidate()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if self._canvas is not None and offset is not None and (message := self._canvas.hit(offset.x, offset.y)):
            self.post_message(message)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks = None
        self._strips = []

    def _invalidate(self) -> None:
        self._strips = []
        self.refresh()

    def _draw(self) -> None:
        self._page = self.rich_style
        self._inks = self._inks or inks_of(self.app)
        if self._view is None:
            self._canvas = None
            self._strips = hint_strips(self._hint, self.size, self._inks["quiet"])
            return
        self._canvas = Canvas(self.size.width, self.size.height)
        draw_view(Brush(self._canvas, self._inks, Subject(self._view, self._memory)))
        self._strips = self._canvas.strips(self._page)


def draw_view(brush: Brush) -> Layout:
    """Draw all parts that the size has room for; return their layout."""
    view, canvas = brush.subject.view, brush.canvas
    layout = lay_out(
        Region(0, 0, canvas.width, canvas.height).size,
        has_timeline=bool(view.timeline.steps),
        is_pair=view.other is not None,
    )
    if canvas.width < _LEAST.width or canvas.height < _LEAST.height:
        return layout
    draw_heading(brush, layout.heading)
    if layout.kind is Kind.WHOLE:
        draw_whole(brush, layout.stage)
    else:
        if layout.kind is Kind.STRIP:
            draw_overview(brush, layout.strip, is_tight=layout.is_tight)
        else:
            draw_titles(brush, layout.strip)
        _draw_stage(brush, layout)
    if layout.timeline:
        draw_timeline(brush, layout.timeline)
    return layout


def _draw_stage(brush: Brush, layout: Layout) -> None:
    subject = brush.subject
    stage = layout.stage
    if not (subject.is_on_input or subject.is_on_answer):
        draw_cell_stage(brush, stage, reserved=layout.reserved)
        return
    draw = draw_input_stage if subject.is_on_input else draw_answer_stage
    draw(brush, Region(stage.x, stage.y, stage.width, stage.height - layout.reserved))


def _subject_of(view: InsideView) -> object:
    """Return what the levels belong to; with another they start anew."""
    return view.digit, view.shown, len(view.layers), view.other is None, view.cursor.node
