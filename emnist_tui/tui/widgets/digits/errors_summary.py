"""Filter line and accuracy line around the misclassified digits."""

from collections.abc import Iterable

from textual.content import Content

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.text.formats import count, percent
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.error_review import CONFIDENT, ErrorFilter

_FILTER_HINTS = (("confident", "confident mistakes only"), ("unjudged", "not judged"))
_SHORT_FILTER_HINTS = (("confident", "confident"), ("unjudged", "not judged"))
_HINTS = (("copy", "copy"), ("picture", "PNG"), ("glyphs", "glyph"))
_UNREADABLE = "your judgments cannot be read"
_KEYS = (("wrong-label", "wrong label"), ("ambiguous", "ambiguous"), ("model-fault", "model's fault"))
_SHORT_KEYS = (("wrong-label", "label"), ("ambiguous", "ambiguous"), ("model-fault", "model"))


def filter_line(keys: Keymap, chosen: ErrorFilter, position: int, shown: int, room: int) -> Content:
    """Describe cursor position and filter in `room` columns.

    Such as `37 of 489 · true 4 · by loss`. If the space is too small, first the keys are omitted, then the order, then
    the filters.
    """
    place = f"{count(position + 1)} of {count(shown)}" if shown else "none"
    text = next((text for text in _wordings(chosen) if len(place) + len(text) <= room), "")
    hints = _hints(keys, room - len(place) - len(text) - 3) if not chosen.is_narrow else ""
    return Content.assemble((place, "bold"), text, (f"   {hints}" if hints else "", "dim"))


def accuracy_line(
    keys: Keymap, evaluation: Evaluation, triage: Triage | None, *, undoable: bool, room: int, which: str = ""
) -> Content:
    """Report the accuracy, also without images judged mislabeled, in `room` columns.

    Without judgments the line ends with the keys to judge by; `triage` is None if the judgments cannot be read. `which`
    names an evaluation that is not the newest.
    """
    accuracy = f"Accuracy {percent(evaluation.accuracy, 2)}"
    if which and len(named := f"{which[0].upper()}{which[1:]} · a{accuracy[1:]}") <= room:
        accuracy = named
    if triage is None:
        choices = [f" · {_UNREADABLE}"]
    elif not len(triage):
        choices = [" · " + "  ".join(_with_keys(keys, names)) for names in (_KEYS, _SHORT_KEYS)]
    else:
        choices = _judged(keys, evaluation, triage, undoable=undoable)
    text = next((text for text in choices if len(accuracy) + len(text) <= room), "")
    return Content.assemble((accuracy, "bold"), text)


def _judged(keys: Keymap, evaluation: Evaluation, triage: Triage, *, undoable: bool) -> list[str]:
    """Return descriptions of the judgments from the longest to the shortest."""
    judged = len(evaluation.wrong) - len(triage.unjudged(evaluation))
    undo = f" · {keys.label('undo')} undo" if undoable else ""
    progress = f" · {count(judged)} of {count(len(evaluation.wrong))} judged"
    number = triage.counts[Verdict.WRONG_LABEL]
    without = triage.accuracy_without_mislabeled(evaluation)
    if not number or without is None:
        return [undo + progress, undo]
    share, images = percent(without, 2), "image" if number == 1 else "images"
    whole = f"; {share} excluding {count(number)} {images} judged mislabeled"
    return [whole + undo + progress, whole + undo, whole, f"; {share} excluding {count(number)} mislabeled"]


def _wordings(chosen: ErrorFilter) -> Iterable[str]:
    """Yield descriptions of a filter from the longest to the shortest."""
    both = (
        chosen.true is not None and f"true {chosen.true}",
        chosen.predicted is not None and f"predicted {chosen.predicted}",
    )
    classes = ", ".join(name for name in both if name)
    confident = "confident" if chosen.confident else ""
    mistakes = "confident mistakes" if chosen.confident else ""
    threshold = f"{mistakes} (≥ {percent(CONFIDENT, 0)})" if chosen.confident else ""
    unjudged = "not judged" if chosen.unjudged else ""
    order = f"by {chosen.sort}"
    worst_first = order if chosen.sort == "index" else f"{order}, worst first"
    clear = ("esc shows all",) if chosen.is_narrow else ()
    everything = () if chosen.is_narrow else ("all mistakes",)
    for parts in (
        (*everything, classes, threshold, unjudged, worst_first, *clear),
        (*everything, classes, threshold, unjudged, order, *clear),
        (*everything, classes, mistakes, unjudged, order, *clear),
        (*everything, str(chosen), confident, unjudged, order, *clear),
        (*everything, str(chosen), confident, unjudged, *clear),
        (str(chosen), confident, unjudged),
    ):
        yield "".join(f" · {part}" for part in parts if part)


def _hints(keys: Keymap, room: int) -> str:
    """Join as many keys as fit, shortening the filters' names if necessary."""
    filters = "  ".join(_with_keys(keys, _FILTER_HINTS))
    names = _FILTER_HINTS if len(filters) <= room else _SHORT_FILTER_HINTS
    text = ""
    for hint in _with_keys(keys, [*names, *_HINTS]):
        longer = f"{text}  {hint}" if text else hint
        if len(longer) > room:
            break
        text = longer
    return text


def _with_keys(keys: Keymap, names: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{keys.label(name)} {text}" for name, text in names]
