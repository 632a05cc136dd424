"""Installation of the EMNIST digits, in torchvision's folder layout."""

import hashlib
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.runs import data_paths, locks
from emnist_tui.runs.atomic_files import replace_text, replacing
from emnist_tui.runs.data_paths import has_digits, raw_folder, unwritable_data
from emnist_tui.runs.errors import EmnistTuiError

_SIDECAR = "emnist-digits.json"
_STAGING = ".emnist-digits.part"
_READY = ".emnist-digits.ready"
_LOCK = ".emnist-digits.lock"
_MAX_SIDECAR = 1 << 16  # bytes that are read of the sidecar


@dataclass(frozen=True)
class DataStatus:
    """State of the installation under a data root."""

    root: Path
    present: bool
    """Whether all four files of the digits split exist."""
    train_images: int = 0
    test_images: int = 0
    verified: bool = False
    """Whether the files are the official ones, by sha256."""
    problem: str | None = None
    """Reason why the data cannot be used, as a sentence; None if it can."""

    @property
    def name(self) -> str:
        """Name of the data, shown beside its numbers."""
        return archive.OFFICIAL_NAME if self.verified else archive.UNVERIFIED_NAME


def data_status(root: Path) -> DataStatus:
    """Check the installed files.

    They are hashed if they may be the official ones. Damaged files are reported as `problem`, never raised. Completes
    an import that was interrupted in its last step.
    """
    raw = raw_folder(root)
    try:
        with idx.user_errors(str(raw)):
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
    """Install the digits split from an archive or a folder.

    See `archive.read_digits` for the sources. A failed or interrupted import leaves the previous installation intact.
    Raises `UsageError` if `path` does not exist, `EmnistTuiError` if it does not hold a valid digits split or `root`
    cannot be written.
    """
    stored = archive.read_digits(path)
    if not stored.is_split:
        raise EmnistTuiError(
            f"{path} has {stored.name.partition(' (')[0]}, not EMNIST's digits split: use them where they are, with "
            f"--data {path}."
        )
    verified = stored.official or _is_verified_layout(path, _digests(stored))
    sidecar = _sidecar_of(stored, verified, path.absolute().name)
    raw = raw_folder(root)
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with locks.held(raw / _LOCK, patience=0):
            _publish(raw)
            _stage(raw, stored, sidecar)
            _publish(raw)
    except locks.HeldError as error:
        raise EmnistTuiError(f"Another import into {root} is running: wait for it to finish.") from error
    except OSError as error:
        raise unwritable_data(raw, error) from error
    return data_status(root)


def read_installed(root: Path) -> dict[str, idx.Bytes]:
    """Read the installed files; see `archive.StoredDigits.files`.

    Raises `EmnistTuiError` if one of them is missing or damaged.
    """
    raw = raw_folder(root)
    files = {}
    for name, kind in archive.KINDS.items():
        with idx.user_errors(str(raw / name)), (raw / name).open("rb") as file:
            files[name] = idx.read(file, kind, str(raw / name))
    archive.check_pairs(files, raw)
    archive.store_transposed(files)
    return files


def layout_root(path: Path) -> Path | None:
    """Return the data root that `path` is, or None.

    It is the root of torchvision's layout or its `EMNIST/raw`, with all four files.
    """
    path = path.absolute()
    for root in (path, path.parent.parent):
        if path in (root, raw_folder(root)) and has_digits(root):
            return root
    return None


def _check_split(raw: Path, images: str, labels: str) -> int:
    """Count the images of an installed split.

    Raises `EmnistTuiError` if its files are damaged.
    """
    count = idx.count_items(raw / images, idx.IMAGES)
    with idx.user_errors(str(raw / labels)), (raw / labels).open("rb") as file:
        idx.check_pair(count, len(idx.read(file, idx.LABELS, str(raw / labels))), str(raw))
    return count


def _explain_missing(raw: Path, missing: list[str]) -> str | None:
    if len(missing) == len(archive.KINDS):
        return None
    return (
        f"{raw} has no {' and no '.join(missing)}: `emnist-tui data download` fixes that, "
        "or delete the emnist-digits files there."
    )


def _is_verified(raw: Path) -> bool:
    """Check whether the installed files are the official ones.

    They are if the sidecar records their hashes as verified, or if the official archive lies beside them, as
    torchvision leaves it, and has the same content.
    """
    sidecar = _read_sidecar(raw)
    if sidecar.get("verified") is True and sidecar.get("sha256") == _installed_digests(raw):
        return True
    return any(_came_from(raw / source, raw) for source in ("gzip", "gzip.zip") if (raw / source).exists())


def _came_from(source: Path, raw: Path) -> bool:
    """Check whether the installed files come from an official `source`.

    Records that in the sidecar.
    """
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
    """Check whether `path` is a verified data root with these digests."""
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
    """Read the import's record; empty if it is missing or invalid."""
    try:
        with (raw / _SIDECAR).open("rb") as file:
            sidecar = json.loads(file.read(_MAX_SIDECAR))
    except (OSError, ValueError, RecursionError):
        return {}
    return sidecar if isinstance(sidecar, dict) else {}


def _digests(stored: archive.StoredDigits) -> dict[str, str]:
    """Compute the sha256 of each plain file, by name."""
    digests = {}
    for name, items in stored.files.items():
        digest = hashlib.sha256(archive.KINDS[name].header(len(items)))
        digest.update(items.data)
        digests[name] = digest.hexdigest()
    return digests


def _installed_digests(raw: Path) -> dict[str, str]:
    digests = {}
    for name in archive.KINDS:
        with idx.user_errors(str(raw / name)), (raw / name).open("rb") as file:
            digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _stage(raw: Path, stored: archive.StoredDigits, sidecar: dict[str, Any]) -> None:
    """Write all files to a staging folder, then rename it."""
    staging = raw / _STAGING
    shutil.rmtree(staging, ignore_errors=True)  # left by a killed import
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
    """Move completely staged files into place; repeating it completes an interrupted move."""
    ready = raw / _READY
    if not ready.is_dir():
        return
    for name in (*archive.KINDS, _SIDECAR):
        with suppress(FileNotFoundError):
            (ready / name).replace(raw / name)
    shutil.rmtree(ready, ignore_errors=True)
