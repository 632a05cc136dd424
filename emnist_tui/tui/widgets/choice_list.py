"""Framed list to choose one line from."""

from textual.widgets import OptionList

_PAGING = ("page_up", "page_down")


class ChoiceList(OptionList):
    """Option list in the app's style; subclasses define the action of Enter."""

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
    """Check whether a list can run an action.

    Textual fails on paging actions in a list that has no room for any line.
    """
    return action not in _PAGING or bool(options.scrollable_content_region)


def choose(options: OptionList, index: int | None) -> None:
    """Choose an enabled line as Enter would; ignore any other index."""
    if index is not None and index < options.option_count and not options.get_option_at_index(index).disabled:
        options.highlighted = index
        options.action_select()
