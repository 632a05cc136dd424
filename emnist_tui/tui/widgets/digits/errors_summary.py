"""The lines above and below the misclassified digits: which are shown, and how many images are right."""

from collections.abc import Iterable

from textual.content import Content

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, Verdict
from emnist_tui.text.formats import count, percent
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.run_session import CONFIDENT, ErrorFilter

_HINTS = (
    ("confident", "worth a look"),
    ("unjudged", "not judged"),
    ("copy", "copy"),
    ("picture", "PNG"),
    ("glyphs", "glyph"),
)
_UNREADABLE = "your judgments cannot be read"
_KEYS = (("wrong-label", "wrong label"), ("ambiguous", "ambiguous"), ("model-fault", "model's fault"))
_SHORT_KEYS = (("wrong-label", "label"), ("ambiguous", "ambiguous"), ("model-fault", "model"))


def filter_line(keys: Keymap, chosen: ErrorFilter, position: int, shown: int, room: int) -> Content:
    """`37 of 489 · true 4 · worth a look …`: as much as fits, the filters before the order; then keys that help."""
    place = f"{count(position + 1)} of {count(shown)}" if shown else "none"
    text = next((text for text in _wordings(chosen) if len(place) + len(text) <= room), "")
    hints = _fitting(_with_keys(keys, _HINTS), room - len(place) - len(text) - 3) if not chosen.is_narrow else ""
    return Content.assemble((place, "bold"), text, (f"   {hints}" if hints else "", "dim"))


def accuracy_line(keys: Keymap, evaluation: Evaluation, triage: Triage | None, *, undoable: bool, room: int) -> Content:
    """What was measured, and, named as the user's judgment, what it would be without the images called mislabeled."""
    accuracy = percent(evaluation.accuracy, 2)
    measured = f"{accuracy} as measured"
    if triage is None:
        long = short = [_UNREADABLE]
    elif not len(triage):
        long, short = (["  ".join(_with_keys(keys, words))] for words in (_KEYS, _SHORT_KEYS))
    else:
        long, short = _judged(keys, evaluation, triage, undoable=undoable)
    for start, parts in ((measured, long), (f"{accuracy} measured", short)):
        for end in range(len(parts), 0, -1):
            text = "".join(f" · {part}" for part in parts[:end])
            if len(start) + len(text) <= room:
                return Content.assemble((start, "bold"), text)
    return Content.assemble((measured, "bold"))


def _judged(keys: Keymap, evaluation: Evaluation, triage: Triage, *, undoable: bool) -> tuple[list[str], list[str]]:
    """In many words and in few, the most important first."""
    judged = len(evaluation.wrong) - len(triage.unjudged(evaluation))
    rest = [f"{keys.label('undo')} undo"] if undoable else []
    rest.append(f"{count(judged)} of {count(len(evaluation.wrong))} judged")
    number = triage.counts[Verdict.WRONG_LABEL]
    without = triage.accuracy_without_mislabeled(evaluation)
    if not number or without is None:
        return rest, rest
    share, mislabeled = percent(without, 2), count(number)
    return (
        [f"{share} without the {mislabeled} you judged mislabeled", *rest],
        [f"{share} without your {mislabeled} mislabeled"],
    )


def _wordings(chosen: ErrorFilter) -> Iterable[str]:
    """From the longest to the shortest."""
    both = (
        chosen.true is not None and f"true {chosen.true}",
        chosen.predicted is not None and f"predicted {chosen.predicted}",
    )
    classes = ", ".join(name for name in both if name)
    look = "worth a look" if chosen.confident else ""
    confident = f"{look} (≥ {percent(CONFIDENT, 0)})" if look else ""
    unjudged = "not judged" if chosen.unjudged else ""
    order = f"by {chosen.sort}"
    worst_first = order if chosen.sort == "index" else f"{order}, worst first"
    clear = ("esc shows all",) if chosen.is_narrow else ()
    everything = () if chosen.is_narrow else ("all mistakes",)
    for parts in (
        (*everything, classes, confident, unjudged, worst_first, *clear),
        (*everything, classes, confident, unjudged, order, *clear),
        (*everything, classes, look, unjudged, order, *clear),
        (*everything, str(chosen), look, unjudged, order, *clear),
        (*everything, str(chosen), look, unjudged, *clear),
        (str(chosen), look, unjudged),
    ):
        yield "".join(f" · {part}" for part in parts if part)


def _with_keys(keys: Keymap, words: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{keys.label(name)} {word}" for name, word in words]


def _fitting(words: Iterable[str], room: int) -> str:
    """As many as fit, two spaces between."""
    text = ""
    for word in words:
        longer = f"{text}  {word}" if text else word
        if len(longer) > room:
            break
        text = longer
    return text
