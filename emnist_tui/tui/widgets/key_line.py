"""Footer with the keys of a screen, none of them truncated."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.dom import DOMNode
from textual.events import MouseDown, MouseMove
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

KEPT_LONGEST = ("new_run", "help", "quit")
"""Actions whose keys stay in the narrowest footer, the last one to go first."""
_DIM = Style(dim=True)


@dataclass(frozen=True)
class _Key:
    """A key as the footer shows it."""

    name: str
    """Textual's name, such as `question_mark`."""
    display: str
    description: str
    action: str
    is_enabled: bool
    tooltip: str


@dataclass(frozen=True)
class _Unit:
    """Keys that are shown or omitted together, and the words after them."""

    keys: tuple[_Key, ...]
    words: str
    gap: str = ""
    """Space between the keys."""

    @property
    def width(self) -> int:
        """Cells, with the free one after the unit."""
        displays = self.gap.join(key.display for key in self.keys)
        return cell_len(f"{displays} {self.words}".rstrip()) + 1

    @property
    def is_enabled(self) -> bool:
        return any(key.is_enabled for key in self.keys)

    def rank(self, kept: tuple[str, ...]) -> int:
        """Return the place among the kept actions, or their number.

        A disabled key is kept no longer than others.
        """
        named = (key.action.partition("(")[0] for key in self.keys if key.is_enabled)
        return min((kept.index(name) for name in named if name in kept), default=len(kept))


class KeyLine(Widget):
    """Footer that omits whole keys if not all fit.

    Disabled keys are omitted first, then from the right. The keys that the screen keeps stay.

    It looks like Textual's compact footer. That has a widget for each key, and to mount them takes longer than to draw
    the rest of the screen.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        text-wrap: nowrap;
        color: $footer-foreground;
        background: $footer-background;

        & > .key-line--key {
            color: $footer-key-foreground;
            background: $footer-key-background;
            text-style: bold;
        }
        & > .key-line--words { color: $footer-description-foreground; background: $footer-description-background; }
        & > .key-line--hover { background: $block-hover-background; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key", "key-line--words", "key-line--hover"}

    def __init__(self, kept: tuple[str, ...] = KEPT_LONGEST) -> None:
        """Create a footer in which the first actions of `kept` stay longest."""
        super().__init__()
        self._kept = kept
        self._units: tuple[_Unit, ...] = ()
        self._shown: list[_Unit] = []
        self._hovered: _Key | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.bindings_changed)

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Show the keys of the screen; called whenever one may have changed."""
        if not self.is_attached or screen is not self.screen or not self.app.app_focus:
            return
        units = tuple(self._find_units())
        if units != self._units:
            self._units = units
            self._fit()

    def on_resize(self) -> None:
        self._fit()

    def render(self) -> Content:
        parts: list[Content] = []
        for unit in self._shown:
            keys = [Content.styled(key.display, self._style("key", key, key.is_enabled)) for key in unit.keys]
            parts.append(Content(unit.gap).join(keys))
            if unit.words:
                key = unit.keys[0] if len(unit.keys) == 1 else None
                parts.append(Content.styled(f" {unit.words}", self._style("words", key, unit.is_enabled)))
            parts.append(Content(" "))
        return Content("").join(parts)

    def on_mouse_down(self, event: MouseDown) -> None:
        if key := self._key_at(event.x):
            if key.is_enabled:
                self.app.simulate_key(key.name)
            else:
                self.app.bell()

    def on_mouse_move(self, event: MouseMove) -> None:
        self._hover(self._key_at(event.x))

    def on_leave(self) -> None:
        self._hover(None)

    def _hover(self, key: _Key | None) -> None:
        if key != self._hovered:
            self._hovered = key
            self.tooltip = key.tooltip if key and key.tooltip else None
            self.refresh()

    def _style(self, part: str, key: _Key | None, is_enabled: bool) -> Style:
        style = self.get_visual_style(f"key-line--{part}")
        if key and key == self._hovered:
            style += Style(background=self.get_component_styles("key-line--hover").background)
        return style if is_enabled else style + _DIM

    def _key_at(self, x: int) -> _Key | None:
        """Return the key in a column, also where its words are."""
        start = 0
        for unit in self._shown:
            end, left = start + unit.width, start
            for key in unit.keys:
                right = end - 1 if len(unit.keys) == 1 else left + cell_len(key.display)
                if left <= x < right:
                    return key
                left = right + len(unit.gap)
            start = end
        return None

    def _find_units(self) -> Iterator[_Unit]:
        found: dict[str, ActiveBinding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show:
                found.setdefault(active.binding.action, active)
        nodes = list(dict.fromkeys(active.node for active in found.values()))
        declared = sorted(
            found.values(), key=lambda active: (nodes.index(active.node), _position(type(active.node), active.binding))
        )
        for group, members in groupby(declared, lambda active: active.binding.group):
            keys = tuple(map(self._key, members))
            if group is not None and len(keys) > 1:
                yield _Unit(keys, group.description, "" if group.compact else " ")
            else:
                yield from (_Unit((key,), key.description) for key in keys)

    def _key(self, active: ActiveBinding) -> _Key:
        binding = active.binding
        return _Key(
            name=binding.key,
            display=self.app.get_key_display(binding),
            description=binding.description,
            action=binding.action,
            is_enabled=active.enabled,
            tooltip=active.tooltip or binding.description,
        )

    def _fit(self) -> None:
        """Choose the units that fit."""
        shown = dict(enumerate(self._units))

        def importance(position: int) -> tuple[int, bool, int]:
            unit = self._units[position]
            return -unit.rank(self._kept), unit.is_enabled, -position

        for position in sorted(shown, key=importance):
            # The last unit needs no free cell after it.
            if sum(unit.width for unit in shown.values()) - 1 <= self.size.width:
                break
            del shown[position]
        if (fitting := [*shown.values()]) != self._shown:
            self._shown = fitting
            self.refresh()


def _position(kind: type[DOMNode], binding: Binding) -> int:
    """Return where a class declares a binding.

    Textual moves those whose keys the user has changed.
    """
    positions = _positions(kind)
    return positions.get(binding.action, len(positions))


@lru_cache
def _positions(kind: type[DOMNode]) -> dict[str, int]:
    """Return each bound action with its position."""
    declared = (binding for base in reversed(kind.__mro__) for binding in vars(base).get("BINDINGS", ()))
    return {binding.action: position for position, binding in enumerate(declared) if isinstance(binding, Binding)}
