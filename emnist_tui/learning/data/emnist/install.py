"""The EMNIST digits installed on this machine, in the folder layout of torchvision's EMNIST class."""

import hashlib
import importlib
import json
import re
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.runs import data_paths
from emnist_tui.runs.atomic_files import replace_text, replacing
from emnist_tui.runs.data_paths import has_digits, raw_folder, unwritable_data
from emnist_tui.runs.errors import EmnistTuiError

OFFICIAL_NAME = "EMNIST digits"
UNVERIFIED_NAME = "EMNIST digits (unverified copy)"

_SIDECAR = "emnist-digits.json"
_STAGING = ".emnist-digits.part"
_READY = ".emnist-digits.ready"
_LOCK = ".emnist-digits.lock"
_MOST_SIDECAR = 1 << 16
"""Bytes of the sidecar that are read."""
_MOST_DECLARED = 8
_declared: dict[str, Any] = {}
"""torchvision's operators that had to be declared, and their libraries: torch forgets an operator with its library."""


@dataclass(frozen=True)
class DataStatus:
    """What is installed under a data root."""

    root: Path
    present: bool
    """All four files of the digits split are there."""
    train_images: int = 0
    test_images: int = 0
    verified: bool = False
    """The files are the official ones, by sha256."""
    problem: str | None = None
    """One sentence on why the data cannot be used as it is."""

    @property
    def name(self) -> str:
        """What the data is called wherever its numbers appear."""
        return OFFICIAL_NAME if self.verified else UNVERIFIED_NAME


def data_status(root: Path) -> DataStatus:
    """Looks at the installed files, and hashes them where they may be official.

    Never raises for what it finds, but tells it as `problem`. Ends an import that was interrupted at its last step.
    """
    raw = raw_folder(root)
    try:
        with idx.explained(str(raw)):
            _publish(raw)
            missing = [name for name in archive.KINDS if not (raw / name).is_file()]
            if missing:
                return DataStatus(root, present=False, problem=_explain_missing(raw, missing))
        train = _check_split(raw, data_paths.TRAIN_IMAGES, data_paths.TRAIN_LABELS)
        test = _check_split(raw, data_paths.TEST_IMAGES, data_paths.TEST_LABELS)
        return DataStatus(root, True, train, test, verified=_is_verified(raw))
    except EmnistTuiError as error:
        return DataStatus(root, present=True, problem=str(error))


def import_data(path: Path, root: Path) -> DataStatus:
    """Installs the digits split from an archive or a folder (see `archive.read_digits`) under `root`.

    All of it or nothing: a failed or interrupted import leaves what was installed before. Raises `UsageError` when
    there is nothing at `path`, `EmnistTuiError` when it will not do or `root` cannot be written.
    """
    stored = archive.read_digits(path)
    verified = stored.official or _is_verified_layout(path, _digests(stored))
    sidecar = _sidecar_of(stored, verified, path.absolute().name)
    raw = raw_folder(root)
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(raw / _LOCK, blocking=False):
            _publish(raw)
            _stage(raw, stored, sidecar)
            _publish(raw)
    except filelock.Timeout as error:
        raise EmnistTuiError(f"Another import into {root} is running: wait for it to end.") from error
    except OSError as error:
        raise unwritable_data(raw, error) from error
    return data_status(root)


def layout_root(path: Path) -> Path | None:
    """The data root when `path` is a folder in torchvision's layout or its `EMNIST/raw`; None otherwise."""
    path = path.absolute()
    for root in (path, path.parent.parent):
        if path in (root, raw_folder(root)) and has_digits(root):
            return root
    return None


def torchvision_emnist() -> Any:
    """torchvision's `EMNIST` class, also where torchvision was built for another torch.

    Its datasets need none of its compiled operators, but a mismatched torchvision fails on import because they do not
    exist. Declaring them, without an implementation, is enough. Raises `EmnistTuiError` when it is not.
    """
    while True:
        try:
            return importlib.import_module("torchvision.datasets").EMNIST
        except (ImportError, OSError, AttributeError, RuntimeError) as error:
            missing = re.search(r"operator torchvision::(\w+) does not exist", str(error))
            if not missing or missing[1] in _declared or len(_declared) == _MOST_DECLARED:
                raise EmnistTuiError(
                    f"torchvision cannot be imported ({idx.short(error)}): "
                    "reinstall torch and torchvision in versions that belong together."
                ) from error
            _declare_operator(missing[1])


def _declare_operator(name: str) -> None:
    """Makes `torchvision::name` known to torch; importing torchvision can then be tried afresh."""
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    library.define(f"{name}(...) -> ...")  # type: ignore[no-untyped-call]
    _declared[name] = library
    for module in [module for module in sys.modules if module.split(".")[0] == "torchvision"]:
        del sys.modules[module]  # half imported


def _check_split(raw: Path, images: str, labels: str) -> int:
    """The number of images of an installed split; raises `EmnistTuiError` when its files are not sound."""
    count = idx.count_items(raw / images, idx.IMAGES)
    with idx.explained(str(raw / labels)), (raw / labels).open("rb") as file:
        idx.check_pair(count, len(idx.read(file, idx.LABELS, str(raw / labels))), str(raw))
    return count


def _explain_missing(raw: Path, missing: list[str]) -> str | None:
    if len(missing) == len(archive.KINDS):
        return None
    return (
        f"{raw} has no {' and no '.join(missing)}: `emnist-tui data download` puts that right, "
        "or delete the emnist-digits files there."
    )


def _is_verified(raw: Path) -> bool:
    """Whether the installed files are the official ones.

    Either the sidecar says so of these very bytes, or the official archive lies beside them, as torchvision leaves it.
    """
    sidecar = _read_sidecar(raw)
    if sidecar.get("verified") is True and sidecar.get("sha256") == _installed_digests(raw):
        return True
    return any(_came_from(raw / source, raw) for source in ("gzip", "gzip.zip") if (raw / source).exists())


def _came_from(source: Path, raw: Path) -> bool:
    """Whether `source` is official and the installed files are its content; noted in the sidecar for the next time."""
    try:
        stored = archive.read_digits(source)
    except EmnistTuiError:
        return False
    sidecar = _sidecar_of(stored, stored.official, source.name)
    if not stored.official or sidecar["sha256"] != _installed_digests(raw):
        return False
    with suppress(OSError):
        replace_text(raw / _SIDECAR, json.dumps(sidecar, indent=2))
    return True


def _is_verified_layout(path: Path, digests: dict[str, str]) -> bool:
    """Whether `path` is a verified data root itself and the files with these digests are its own."""
    root = layout_root(path)
    return root is not None and data_status(root).verified and _installed_digests(raw_folder(root)) == digests


def _sidecar_of(stored: archive.StoredDigits, verified: bool, source: str) -> dict[str, Any]:
    return {
        "verified": verified,
        "source": source,
        "train_images": len(stored.files[data_paths.TRAIN_IMAGES]),
        "test_images": len(stored.files[data_paths.TEST_IMAGES]),
        "sha256": _digests(stored),
    }


def _read_sidecar(raw: Path) -> dict[str, Any]:
    """What was recorded at the import; empty where nothing legible is."""
    try:
        with (raw / _SIDECAR).open("rb") as file:
            sidecar = json.loads(file.read(_MOST_SIDECAR))
    except (OSError, ValueError, RecursionError):
        return {}
    return sidecar if isinstance(sidecar, dict) else {}


def _digests(stored: archive.StoredDigits) -> dict[str, str]:
    """sha256 of each plain file, by name."""
    digests = {}
    for name, items in stored.files.items():
        digest = hashlib.sha256(archive.KINDS[name].header(len(items)))
        digest.update(items.data)
        digests[name] = digest.hexdigest()
    return digests


def _installed_digests(raw: Path) -> dict[str, str]:
    digests = {}
    for name in archive.KINDS:
        with idx.explained(str(raw / name)), (raw / name).open("rb") as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _stage(raw: Path, stored: archive.StoredDigits, sidecar: dict[str, Any]) -> None:
    """Writes all files into a folder of their own, which takes its final name once they are on disk."""
    staging = raw / _STAGING
    shutil.rmtree(staging, ignore_errors=True)  # of an import that was killed
    staging.mkdir()
    try:
        for name, items in stored.files.items():
            with replacing(staging / name) as file:
                file.write(archive.KINDS[name].header(len(items)))
                file.write(items.data)
        replace_text(staging / _SIDECAR, json.dumps(sidecar, indent=2))
        staging.rename(raw / _READY)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _publish(raw: Path) -> None:
    """Moves completely staged files into place; run again by whoever comes next, it ends what an interruption left."""
    ready = raw / _READY
    if not ready.is_dir():
        return
    for name in (*archive.KINDS, _SIDECAR):
        with suppress(FileNotFoundError):
            (ready / name).replace(raw / name)
    shutil.rmtree(ready, ignore_errors=True)
