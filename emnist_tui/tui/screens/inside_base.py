"""Base of the screens that show a network's insides."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import bind, keymap_of
from emnist_tui.tui.own_networks import networks_of
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.terms import TermsDialog
from emnist_tui.tui.session.inside_session import InsideSession
from emnist_tui.tui.session.network_server import NetworkServer
from emnist_tui.tui.widgets.message_line import MessageLine
from emnist_tui.tui.widgets.network.body import NetworkBody
from emnist_tui.tui.widgets.network.layout import Kind, lay_out
from emnist_tui.tui.widgets.network.messages import CellChosen, ClassChosen, LayerChosen, MapChosen, ViewChosen
from emnist_tui.tui.widgets.network.view import Cursor, InsideView, Shown

_MAP = Binding.Group("Map")
_CELL = Binding.Group("Cell")
_OF_THE_VIEW = (
    "move_layer",
    "move_map",
    "move_cell",
    "terms",
    "next_shown",
    "occlusion",
    "next_class",
    "ask_digit",
    "unfold",
)
"""Actions on a network that is shown."""


class InsideBase(RunScreen):
    """Keys of the cursor and of what is shown around it."""

    DEFAULT_CLASSES: ClassVar[str] = "-inside -unnoticed"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "move_layer(1)", "Layer", tooltip="Next layer; shift+tab is the one before"),
        Binding("shift+tab", "move_layer(-1)", "Layer before", show=False, tooltip="Layer before"),
        bind("map-before", "move_map(-1)", "Map before", group=_MAP, key_display="<", tooltip="Map or class before"),
        bind("map-after", "move_map(1)", "Next map", group=_MAP, key_display=">", tooltip="Next map or class"),
        Binding("left", "move_cell(0, -1)", "Cell to the left", group=_CELL, tooltip="Cell to the left"),
        Binding("up", "move_cell(-1, 0)", "Cell above", group=_CELL, tooltip="Cell above"),
        Binding("down", "move_cell(1, 0)", "Cell below", group=_CELL, tooltip="Cell below"),
        Binding("right", "move_cell(0, 1)", "Cell to the right", group=_CELL, tooltip="Cell to the right"),
        Binding("enter", "terms", "Sum", tooltip="All terms of the sum that makes this cell"),
        bind("shown", "next_shown", "View", tooltip="Values, gradients of the loss, weights, or what moved"),
        bind("occlusion", "occlusion", "Occlude", tooltip="Which strokes the answer hangs on"),
        bind("unfold", "unfold", "Unfold", show=False, tooltip="Fold norms into the sums before them, or not"),
        bind("test", "run_network", "Run file", tooltip="Run the file of a network of your own, after a question"),
        bind("class-pair", "next_class", "Class", tooltip="Set the answer against another class"),
    ]

    KEPT_KEYS: ClassVar[tuple[str, ...]] = (
        "help",
        "quit",
        "move_layer",
        "move_map",
        "occlusion",
        "next_shown",
        "replay_step",
        "ask_digit",
        "move_cell",
        "next_class",
    )
    inside: InsideSession | None = None
    _server: NetworkServer | None = None
    _shown_view: InsideView | None = None

    def explain_unavailable(self, action: str) -> str:
        """Explain why a key of this screen does nothing now."""
        if action == "unfold" and self.inside and self.inside.view:
            return "this network has no norms to fold"
        return "no network is shown yet" if action in _OF_THE_VIEW else ""

    def compose_body(self) -> ComposeResult:
        yield NetworkBody()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _OF_THE_VIEW:
            view = self.inside.view if self.inside else None
            return True if view and (action != "unfold" or _has_norm(view)) else None
        if action == "run_network":
            return self.inside is not None and self.inside.network_to_ask_for is not None
        return super().check_action(action, parameters)

    @property
    def server(self) -> NetworkServer:
        """Process with torch, which starts at the first question for it."""
        if self._server is None:
            self._server = NetworkServer()
        return self._server

    def close_server(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    def action_move_layer(self, by: int) -> None:
        if self.inside:
            self.inside.move_layer(by)
            self.show_view()

    def action_move_map(self, by: int) -> None:
        if self.inside:
            self.inside.move_map(by)
            self.show_view()

    def action_move_cell(self, rows: int, columns: int) -> None:
        if self.inside:
            self.inside.move_cell(rows, columns)
            self.show_view()

    def action_next_shown(self) -> None:
        if self.inside:
            self.inside.choose_next_shown()
            self.show_view()

    def action_occlusion(self) -> None:
        """Show or hide the occlusion.

        Small windows have it in place of a layer.
        """
        if self.inside:
            self.inside.toggle_occlusion()
            self.show_view()

    def action_terms(self) -> None:
        """List all terms of the sum behind the cell."""
        if self.inside and (view := self.inside.view) and (cell := self.inside.cell):
            layer = view.layers[view.cursor.layer].title if view.cursor.layer < len(view.layers) else "input"
            number, *place = cell.index
            title = f"{layer} · " + (f"map {number} · cell {','.join(map(str, place))}" if place else f"unit {number}")
            self.app.push_screen(TermsDialog(title, view.passed, cell, folded=self.inside.choices.is_folded))

    def action_run_network(self) -> None:
        """Ask for the network's file that is needed."""
        if self.inside and (needed := self.inside.network_to_ask_for):
            networks_of(self.app).ask(needed, lambda _: self.show_view())

    def action_unfold(self) -> None:
        if self.inside:
            self.inside.toggle_folded()
            self.show_view()

    @property
    def _has_room(self) -> bool:
        """Whether everything is shown at once."""
        has_timeline = bool(self._shown_view and self._shown_view.timeline.steps)
        return lay_out(self.query_one(NetworkBody).size, has_timeline=has_timeline).kind is Kind.WHOLE

    def action_next_class(self) -> None:
        """Set the answer against the next class.

        Small windows first show the answer, where the pair is explained.
        """
        if self.inside and (view := self.inside.view):
            answer = len(view.layers) - 1
            if view.cursor.layer < answer and not self._has_room:
                self.inside.go_to_layer(answer)
            else:
                self.inside.choose_next_class()
            self.show_view()

    def on_layer_chosen(self, message: LayerChosen) -> None:
        if self.inside:
            self.inside.go_to_layer(message.layer)
            self.show_view()

    def on_map_chosen(self, message: MapChosen) -> None:
        if self.inside and (view := self.inside.view):
            self.inside.point_at(Cursor(message.layer, None, message.map, view.cursor.row, view.cursor.column))
            self.show_view()

    def on_cell_chosen(self, message: CellChosen) -> None:
        if self.inside:
            self.inside.point_at(Cursor(message.layer, None, message.map, message.row, message.column))
            self.show_view()

    def on_class_chosen(self, message: ClassChosen) -> None:
        if self.inside:
            self.inside.choose_class(message.digit)
            self.show_view()

    def on_view_chosen(self, message: ViewChosen) -> None:
        if self.inside:
            self.inside.choose_shown(Shown(message.name))
            self.show_view()

    def show_view(self) -> None:
        """Show the session's newest view, or why there is none."""
        inside = self.inside
        if self._server:
            self._server.update()
        body = self.query_one(NetworkBody)
        if inside:
            inside.has_room = self._has_room
            inside.poll()
        view = inside.view if inside else None
        if view is None:
            body.explain_empty(printable(in_the_app(self.explain_empty(), keymap_of(self.app))))
        if view is not self._shown_view:
            is_first = (view is None) != (self._shown_view is None)
            self._shown_view = view
            body.show(view)
            if is_first:
                self.refresh_bindings()

    @property
    def awaited(self) -> str:
        """Description of a wait while there is a view, if any."""
        return self.inside.sentence if self.inside and self.inside.view else ""

    def _show_notice(self) -> None:
        """Show what is awaited, else a notice in its own rows."""
        kind, text = self._notice if self._notice[1] else self._download_notice
        if kind == "hint":  # on what to do elsewhere
            kind = text = ""
        self.set_class(bool(self.awaited or not text), "-unnoticed")
        if self.awaited:
            kind, text = "waiting", printable(in_the_app(self.awaited, keymap_of(self.app)))
        self.query_one(MessageLine).show_notice(kind, text)

    def explain_empty(self) -> str:
        """Return why there is no view, and what to press."""
        if self.inside and self.inside.network_to_ask_for:
            key = keymap_of(self.app).label("test")
            return f"This network is your own; its file is not run unless you agree: press {key}."
        return self.inside.sentence if self.inside else ""


def _has_norm(view: InsideView) -> bool:
    return any(node.operation == "batch_norm" for layer in view.layers for node in layer.nodes)
