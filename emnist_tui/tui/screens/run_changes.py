"""Deleting, renaming, tagging and restoring runs in the list."""

from collections.abc import Callable, Sequence
from pathlib import Path

from textual.screen import Screen

from emnist_tui.runs import trash
from emnist_tui.runs.about import About, read_about, write_about
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.listing import Entry
from emnist_tui.runs.moving import explain_fixed, rename
from emnist_tui.text import formats
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.screens.confirm import ConfirmDialog
from emnist_tui.tui.screens.edit_run import Edited, EditRunDialog
from emnist_tui.tui.screens.trash import TrashDialog, describe_amount, describe_number

_MOST_NAMES = 6  # names in a question

Moved = Callable[[Path, Path | None], None]
"""Called with the old path and the new one, None after a deletion."""


class RunChanges:
    """Dialogs about the runs in a list, and their consequences."""

    def __init__(self, screen: Screen[None], root: Path, moved: Moved) -> None:
        """Change runs of the directory `root`; `moved` learns each new path."""
        self._screen = screen
        self._root = root
        self._moved = moved

    def delete(self, entries: Sequence[Entry]) -> None:
        """Ask, then move runs and checkpoints to the trash.

        Those that cannot be deleted are named instead.
        """
        fixed = {entry.path: problem for entry in entries if (problem := _explain_fixed(entry))}
        if fixed:
            self._complain(" ".join(fixed.values()))
        paths = [entry.path for entry in entries if entry.path not in fixed]
        if not paths:
            return
        links = [path for path in paths if path.is_symlink()]
        amount = describe_amount(paths, sum(map(trash.size_of, paths)))
        names = [path.name for path in paths[:_MOST_NAMES]]
        if len(paths) > _MOST_NAMES:
            names.append(f"and {len(paths) - _MOST_NAMES} more")
        about_links = "\nOf a link only the link is deleted." if links else ""
        label = keymap_of(self._screen.app).label("trash")
        which = "it" if len(paths) == 1 else "them"
        question = f"{amount}, to the trash? {label} brings {which} back.\n\n{_lines(names)}{about_links}"
        self._screen.app.push_screen(
            ConfirmDialog("Delete", question, "Delete", "Keep"),
            lambda is_sure: self._delete(paths) if is_sure else None,
        )

    def edit(self, entry: Entry) -> None:
        """Ask for a run's name, tags and note."""
        is_run = entry.kind != "checkpoint"
        about = read_about(RunFolder(entry.path)) if is_run else None
        fixed = _explain_fixed(entry)
        if about and about.problem:
            self._complain(about.problem)
        if not is_run and fixed:
            self._complain(fixed)
            return
        self._screen.app.push_screen(
            EditRunDialog(entry.path, about, fixed=fixed),
            lambda edited: self._save(entry.path, about, edited) if edited else None,
        )

    def open_trash(self) -> None:
        """Show the trash."""
        self._screen.app.push_screen(TrashDialog(self._root, self.attempt))

    def attempt(self, action: Callable[[], object]) -> bool:
        """Run an action and return whether it succeeded, after showing its error."""
        try:
            action()
        except EmnistTuiError as error:
            self._complain(str(error))
            return False
        return True

    def _delete(self, paths: Sequence[Path]) -> None:
        deleted = []
        for path in paths:
            if self.attempt(lambda path=path: trash.discard(self._root, path)):  # type: ignore[misc]
                deleted.append(path)
                self._moved(path, None)
        if deleted:
            names = deleted[0].name if len(deleted) == 1 else describe_number(deleted)
            label = keymap_of(self._screen.app).label("trash")
            self._screen.notify(formats.printable(f"{names} moved to the trash; {label} opens it."), markup=False)

    def _save(self, path: Path, about: About | None, edited: Edited) -> None:
        if about and not about.problem:
            # A note that is typed in one line keeps the lines it has unless it was changed.
            note = about.note if edited.note == about.note.replace("\n", " ") else edited.note
            if (edited.tags, note) != (about.tags, about.note) and not self.attempt(
                lambda: write_about(RunFolder(path), edited.tags, note)
            ):
                return
        if edited.name != path.name:
            if not self.attempt(lambda: rename(path, edited.name)):
                return
            self._moved(path, path.with_name(edited.name))

    def _complain(self, sentence: str) -> None:
        self._screen.notify(formats.printable(sentence), severity="error", timeout=10, markup=False)


def _explain_fixed(entry: Entry) -> str | None:
    """Explain why an entry cannot be renamed or deleted, if so."""
    if entry.kind == "sweep" and entry.is_live:
        return f"Workers train on {entry.name}; stop the sweep first."
    return explain_fixed(entry.path)


def _lines(names: Sequence[str]) -> str:
    return "\n".join(f"  {formats.shortened(formats.printable(name), 56)}" for name in names)
