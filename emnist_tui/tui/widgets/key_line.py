"""Footer with the keys of a screen, none of them truncated."""

from typing import Any

from rich.cells import cell_len
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from emnist_tui.tui.terminal.textual_private import FooterKey, are_bindings_ready

_KEPT_LONGEST = ("help", "quit")


class KeyLine(Footer):
    """Footer that omits whole keys if not all fit.

    Disabled keys are omitted first, then from the right. The keys for help and quit stay: help lists all keys.
    """

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._composed: tuple[object, ...] | None = None

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Recompose the footer only if a key changed.

        Textual calls this whenever a key may have changed, and recomposing costs more than a frame of charts.
        """
        if not self.is_attached or self._composed != self._active():
            super().bindings_changed(screen)

    async def recompose(self) -> None:
        if not self.is_attached:
            return  # The screen was removed after the recompose was scheduled.
        if are_bindings_ready(self):
            self._composed = self._active()
        await super().recompose()
        self._fit()

    def _active(self) -> tuple[object, ...]:
        return tuple(self.screen.active_bindings.values())

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        units = self._units()
        widths = [sum(map(_width, unit)) for unit in units]
        shown = set(range(len(units)))
        for leaving in sorted(shown, key=lambda position: _importance(units[position], position)):
            # The last key needs no free column after it.
            if sum(widths[position] for position in shown) - 1 <= self.size.width:
                break
            shown.remove(leaving)
        for position, unit in enumerate(units):
            for widget in unit:
                widget.display = position in shown

    def _units(self) -> list[list[Widget]]:
        """Group widgets that are shown or omitted together.

        A unit is a key, or a group of keys with its label.
        """
        units: list[list[Widget]] = []
        for child in self.children:
            if isinstance(child, FooterKey) or not units or not _is_label(child):
                units.append([child])
            else:
                units[-1].append(child)
        return units


def _is_label(widget: Widget) -> bool:
    return not isinstance(widget, FooterKey) and not widget.children


def _keys(unit: list[Widget]) -> list[FooterKey]:
    return [key for widget in unit for key in widget.walk_children(FooterKey, with_self=True)]


def _importance(unit: list[Widget], position: int) -> tuple[bool, bool, int]:
    keys = _keys(unit)
    is_kept = any(key.action in _KEPT_LONGEST for key in keys)
    works = any(not key.has_class("-disabled") for key in keys)
    return is_kept, works, -position


def _width(widget: Widget) -> int:
    """Return the columns of a widget and the free column after it."""
    if isinstance(widget, FooterKey):
        return cell_len(f"{widget.key_display} {widget.description}".rstrip()) + 1
    if widget.children:
        return sum(map(_width, widget.children)) + 2
    return cell_len(str(widget.render())) + 1
