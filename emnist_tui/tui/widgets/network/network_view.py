"""Stub."""

from textual.widgets import Static
from emnist_tui.tui.widgets.network.view import InsideView


class NetworkView(Static):
    """Stub."""

    def show(self, view: InsideView) -> None:
        self.update(f"{view.digit.name} predicted as {view.passed.predicted} {view.cursor} {view.shown} {view.answer} {view.against}", )
