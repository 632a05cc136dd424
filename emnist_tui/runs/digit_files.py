"""The four files of a digits data set, by their names."""

import re
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Generic, TypeVar

from emnist_tui.runs.data_paths import FILES, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from emnist_tui.runs.errors import EmnistTuiError

DIGITS = "digits"
"""EMNIST's digits split."""
MNIST = "mnist"
"""EMNIST's split of the size of MNIST, also of digits."""
UNNAMED = "unnamed"
"""Names without a split, such as MNIST's own, which other data sets use as well."""
OTHER_FORMS = {".csv": "CSV form", ".mat": "MATLAB form"}
"""Other forms that EMNIST is published in, by the files' endings."""
HOW_TO_FIX = "give the official gzip.zip, or a folder with its four emnist-digits files"

_WITH_LETTERS = ("letters", "balanced", "byclass", "bymerge")
_NO_DIGITS = {"fashion", "fashionmnist", "kmnist", "kuzushiji", "kuzushijimnist", "kannada"}
_KINDS = {"images": "images", "image": "images", "labels": "labels", "label": "labels"}
_PARTS = {"train": "train", "training": "train", "test": "test", "testing": "test", "t10k": "test"}
_PLAIN_NAMES = {
    ("train", "images"): TRAIN_IMAGES,
    ("train", "labels"): TRAIN_LABELS,
    ("test", "images"): TEST_IMAGES,
    ("test", "labels"): TEST_LABELS,
}
_FILLERS = {"emnist", "mnist", "idx", "idx1", "idx3", "ubyte", "gz", "zip", "bin"}
_DEEPEST = 4  # folders below the one that is searched
_MOST_ENTRIES = 20_000
_FEW_ENTRIES = 2_000  # few enough for a check at every key
_NAMES_SHOWN = 3
_LONGEST_NAME = 60  # characters shown of a name

T = TypeVar("T")
Files = list[tuple[str, T]]
"""Paths in a folder or archive, with what opens them."""


@dataclass(frozen=True)
class _Found(Generic[T]):
    """File whose name says which of the four it is."""

    split: str
    plain_name: str
    path: PurePosixPath
    handle: T

    @property
    def preference(self) -> tuple[bool, bool]:
        """Sort key: first the official name, then compressed, which can be verified."""
        name = self.path.name.lower()
        return name.removesuffix(".gz") != self.plain_name, not name.endswith(".gz")


def choose_digits(files: Files[T], source: str) -> tuple[str, dict[str, T]]:
    """Choose the four files of digits among the files of `source`.

    Returns the split, `DIGITS`, `MNIST` or `UNNAMED`, and the chosen handles by plain name. Raises `EmnistTuiError`
    that names what is missing and what is there, or a file of which there are several.
    """
    listed = [(path, handle) for path, handle in files if not _is_companion(path)]
    found = [file for path, handle in listed if (file := _recognize(path, handle))]
    for split in (DIGITS, MNIST, UNNAMED):
        if of_split := [file for file in found if file.split == split]:
            return split, _choose_four(of_split, source)
    raise EmnistTuiError(_describe_unusable(source, [path for path, _ in listed], {file.split for file in found}))


def is_digit_file(name: str) -> bool:
    """Check whether a file's name is that of one of the four."""
    return _recognize(name, None) is not None


def inner_archives(files: Files[T]) -> list[T]:
    """Return the zip archives to look into.

    There are none beside one of the four files. Of several, only the official one if it is there.
    """
    named = [(PurePosixPath(path).name.lower(), handle) for path, handle in files if not _is_companion(path)]
    if any(is_digit_file(name) for name, _ in named):
        return []
    official = [handle for name, handle in named if name == "gzip.zip"]
    return official or [handle for name, handle in named if name.endswith(".zip")]


def files_in_folder(folder: Path) -> Files[Path]:
    """List the files in a folder and some levels below.

    The list is bounded. Raises `OSError` if the folder cannot be read.
    """
    return _scan(folder, _MOST_ENTRIES)[0]


def _scan(folder: Path, most: int) -> tuple[Files[Path], bool]:
    """List the files among a folder's first entries.

    Also returns whether these are all.
    """
    files: Files[Path] = []
    level = [folder]
    for depth in range(_DEEPEST + 1):
        below: list[Path] = []
        for place in level:
            try:
                entries = sorted(place.iterdir())
            except OSError:
                if depth == 0:
                    raise
                continue
            for entry in entries:
                most -= 1
                if most < 0:
                    return files, False
                if not entry.is_dir():
                    files.append((entry.relative_to(folder).as_posix(), entry))
                elif not entry.name.startswith("."):
                    below.append(entry)
        level = below
    return files, True


def files_in_archive(archive: zipfile.ZipFile) -> Files[zipfile.ZipInfo]:
    """List the files in a zip archive, which Windows may have written."""
    return [(info.filename.replace("\\", "/"), info) for info in archive.infolist() if not info.is_dir()]


def explain_bad_source(path: Path) -> str | None:
    """Explain by names alone why a path cannot be data.

    Returns None if it may be data. Nothing is read but names.
    """
    try:
        if path.is_dir():
            files, is_complete = _scan(path, _FEW_ENTRIES)
            if is_complete and not inner_archives(files):
                choose_digits(files, "This folder")
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                members = files_in_archive(archive)
            if not inner_archives(members):
                choose_digits(members, "This archive")
        else:
            return "neither a folder nor a zip archive" if path.exists() else "there is no such file or folder"
    except EmnistTuiError as error:
        return str(error)
    except Exception as error:  # zipfile raises many kinds for a damaged archive
        return f"cannot be read ({getattr(error, 'strerror', None) or 'damaged'})"
    return None


def _is_companion(path: str) -> bool:
    """Check for the files that macOS adds to archives and disks."""
    parts = PurePosixPath(path).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1].startswith("."))


def _recognize(path: str, handle: T) -> _Found[T] | None:
    place = PurePosixPath(path)
    words = re.findall("[a-z0-9]+", place.name.lower())
    kinds = {_KINDS[word] for word in words if word in _KINDS}
    parts = {_PARTS[word] for word in words if word in _PARTS}
    if len(kinds) != 1 or len(parts) != 1:
        return None
    known = {*_KINDS, *_PARTS, *_FILLERS, *_NO_DIGITS, *_WITH_LETTERS, DIGITS}
    if any(word not in known and not word.isdigit() for word in words):
        return None
    return _Found(_split_of(place, words), _PLAIN_NAMES[parts.pop(), kinds.pop()], place, handle)


def _split_of(path: PurePosixPath, words: Sequence[str]) -> str:
    folders = {re.sub("[^a-z]", "", part.lower()) for part in path.parts[:-1]}
    if other := _NO_DIGITS & (folders | set(words)):
        return other.pop()
    if split := next((word for word in words if word in (DIGITS, *_WITH_LETTERS)), None):
        return split
    return MNIST if {"emnist", "mnist"} <= set(words) else UNNAMED


def _choose_four(found: Sequence[_Found[T]], source: str) -> dict[str, T]:
    """Choose from the folder with all four files, or from all."""
    by_place: dict[PurePosixPath, list[_Found[T]]] = defaultdict(list)
    for file in found:
        by_place[file.path.parent].append(file)
    complete = [files for files in by_place.values() if {file.plain_name for file in files} == set(FILES)]
    groups = [_one_of_each(files, source) for files in complete] or [_one_of_each(found, source)]
    ranked = sorted(groups, key=_rank)
    if len(ranked) > 1 and _rank(ranked[0]) == _rank(ranked[1]):
        first, second = (str(group[TRAIN_IMAGES].path.parent) for group in ranked[:2])
        raise EmnistTuiError(f"{source} has the four files in {first} and in {second}: give one of these folders.")
    chosen = ranked[0]
    if missing := [name for name in FILES if name not in chosen]:
        there = _listed([str(file.path) for file in chosen.values()])
        raise EmnistTuiError(f"{source} has no {' and no '.join(missing)}, only {there}: {HOW_TO_FIX}.")
    return {name: chosen[name].handle for name in FILES}


def _rank(group: dict[str, _Found[T]]) -> tuple[int, int]:
    """Sort key: first official names and compressed files, then shallow ones."""
    return sum(sum(file.preference) for file in group.values()), min(len(file.path.parts) for file in group.values())


def _one_of_each(files: Sequence[_Found[T]], source: str) -> dict[str, _Found[T]]:
    chosen: dict[str, _Found[T]] = {}
    for name in FILES:
        alike = sorted((file for file in files if file.plain_name == name), key=lambda file: file.preference)
        if len(alike) > 1 and alike[0].preference == alike[1].preference:
            both = " and ".join(str(file.path) for file in alike[:2])
            raise EmnistTuiError(f"{source} has {name} twice, as {both}: {HOW_TO_FIX}.")
        if alike:
            chosen[name] = alike[0]
    return chosen


def _describe_unusable(source: str, paths: Sequence[str], splits: set[str]) -> str:
    if letters := [split for split in _WITH_LETTERS if split in splits]:
        return f"{source} has EMNIST's {' and '.join(letters)} split, with letters, but no digits split: {HOW_TO_FIX}."
    if splits:
        return f"{source} has a data set in MNIST's form that has no digits, {splits.pop()}: {HOW_TO_FIX}."
    for ending, form in OTHER_FORMS.items():
        if of_form := [path for path in paths if path.lower().endswith((ending, f"{ending}.gz"))]:
            return (
                f"{source} has the {form} ({_listed(of_form)}), but the IDX files are read, {TRAIN_IMAGES} and three "
                f"more: {HOW_TO_FIX}."
            )
    there = f", only {_listed(paths)}" if paths else ""
    return f"{source} has none of the EMNIST digits files{there}: {HOW_TO_FIX}."


def _listed(paths: Sequence[str]) -> str:
    """List names from outside, a bounded number of bounded length."""
    names = [PurePosixPath(path).name[:_LONGEST_NAME] for path in sorted(paths)[:_NAMES_SHOWN]]
    more = len(paths) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
