"""Two networks and one digit, cell by cell side by side."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from emnist_tui.tui.screens.inside_base import InsideBase
from emnist_tui.tui.session.inside_session import InsideSession
from emnist_tui.tui.session.run_session import RunSession


class InsidePairScreen(InsideBase):
    """Insides of the two networks of a comparison.

    The screen closes the session when it is removed.
    """

    MODE: ClassVar[str] = "runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the comparison"),
    ]

    def __init__(self, inside: InsideSession) -> None:
        super().__init__()
        self.inside = inside

    def on_unmount(self) -> None:
        if self.inside:
            self.inside.close()

    def show_body(self, opened: RunSession | None) -> None:  # noqa: ARG002 - the screen shows its own two networks
        self.show_view()

    def action_back(self) -> None:
        self.dismiss()
