"""A framed list, one line of which is chosen."""

from textual.widgets import OptionList

_PAGING = ("page_up", "page_down")


class ChoiceList(OptionList):
    """Textual's list as this app draws it; a subclass says what Enter does."""

    DEFAULT_CSS = """
    ChoiceList {
        border: round $foreground 25%;
        border-title-color: $foreground;
        background: transparent;
        padding: 0 1;
        &:focus { border: round $accent; background: transparent; }
    }
    """

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return can_act(self, action) and super().check_action(action, parameters)


def can_act(options: OptionList, action: str) -> bool:
    """Not where Textual would look for the lines of a page and there was no room to lay out any."""
    return action not in _PAGING or bool(options.scrollable_content_region)


def choose(options: OptionList, index: int | None) -> None:
    """Chooses a line as Enter would, unless there is none that can be chosen."""
    if index is not None and index < options.option_count and not options.get_option_at_index(index).disabled:
        options.highlighted = index
        options.action_select()
