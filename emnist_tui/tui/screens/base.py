"""Base of the app's screens: header, message line, footer and session."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Resize
from textual.geometry import Size
from textual.widgets import Static

from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.screens.robust import RobustScreen
from emnist_tui.tui.widgets.key_line import KEPT_LONGEST, KeyLine
from emnist_tui.tui.widgets.message_line import MessageLine
from emnist_tui.tui.widgets.notice import download_notice, notice_of
from emnist_tui.tui.widgets.run_header import RunHeader

if TYPE_CHECKING:
    from emnist_tui.tui.session.download_session import DownloadSession
    from emnist_tui.tui.session.run_session import RunSession


class RunScreen(RobustScreen[None]):
    """Screen of the open run or checkpoint.

    State flows down: the app calls `show_session`.
    """

    MODE: ClassVar[str]
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (80, "-narrow"), (100, "-wide"), (150, "-huge")]  # noqa: RUF012 - as Textual declares it

    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall")]  # noqa: RUF012
    SMALLEST: ClassVar[Size] = Size(60, 20)
    KEPT_KEYS: ClassVar[tuple[str, ...]] = KEPT_LONGEST
    """Actions whose keys stay in a narrow footer, the most important first."""
    about: RunSession | None = None
    """Open run that the screen is about; it closes once another is opened. None for any run."""

    def compose(self) -> ComposeResult:
        yield RunHeader(self.MODE)
        yield Static(id="too-small")
        yield from self.compose_body()
        yield KeyLine(self.KEPT_KEYS)

    def compose_body(self) -> ComposeResult:
        raise NotImplementedError

    def on_mount(self) -> None:
        self._shown_state: object = None
        self._notice = self._download_notice = ("", "")

    def on_resize(self, event: Resize) -> None:
        is_too_small = event.size.width < self.SMALLEST.width or event.size.height < self.SMALLEST.height
        self.set_class(is_too_small, "-too-small")
        if is_too_small:
            needed, size = self.SMALLEST, event.size
            sizes = f"{needed.width}×{needed.height} cells; this window has {size.width}×{size.height}"
            self.query_one("#too-small", Static).update(f"emnist-tui needs {sizes}.")

    def on_screen_resume(self) -> None:
        self.show_session(getattr(self.app, "session", None))
        if download := getattr(self.app, "download", None):
            self.show_download(download)

    def show_session(self, opened: RunSession | None) -> None:
        """Show the session.

        Called about ten times a second, so only changes are drawn.
        """
        if not self.is_mounted:
            return
        if self.about and opened is not self.about:
            if self.app.screen is self:  # otherwise once it is back on top
                self.dismiss()
            return
        watch = getattr(self.app, "training_watch", None)
        self.query_one(RunHeader).show(opened, watch and watch.found)
        self.show_body(opened)
        session = self.noticed(opened)
        self._notice = notice_of(session, keymap_of(self.app)) if session else ("", "")
        self._show_notice()
        state = opened and (opened, opened.state, opened.record.is_impaired, opened.record.checkpoint)
        if state != self._shown_state:
            self._shown_state = state
            self.refresh_bindings()

    def show_download(self, download: DownloadSession) -> None:
        """Show the download; called as often as `show_session`."""
        if self.is_mounted:
            self._download_notice = download_notice(
                download,
                keymap_of(self.app),
                MessageLine.room(self.app.size).width,
                is_anything_opened=getattr(self.app, "session", None) is not None,
            )
            self._show_notice()

    def noticed(self, opened: RunSession | None) -> RunSession | None:
        """Return the run or evaluation whose failures, warnings and waits are shown."""
        return opened

    def _show_notice(self) -> None:
        kind, text = self._notice if self._notice[1] else self._download_notice
        self.query_one(MessageLine).show_notice(kind, text)

    def show_body(self, opened: RunSession | None) -> None:
        raise NotImplementedError
