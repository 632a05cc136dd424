"""Points that users enqueue in a sweep: one numbered file each."""

from __future__ import annotations

import json
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.space import Point, spell
from emnist_tui.runs.sweeps.spec import SweepSpec

MOST_POINTS = 1_000
_NAME = re.compile(r"([0-9]{4})\.json")


def add_point(folder: SweepFolder, spec: SweepSpec, point: Point) -> int:
    """Enqueue a point under the next free number, which is returned.

    Two users at once get two numbers. Raises `UsageError` if no trial can have the point or there are too many, and
    `OSError` if it cannot be written.
    """
    check_point(spec, point)
    folder.points.mkdir(exist_ok=True)
    number = max(point_files(folder), default=0) + 1
    content = json.dumps({"values": dict(point)}).encode()
    while number <= MOST_POINTS:
        if _create(folder.points / f"{number:04d}.json", content):
            return number
        number += 1
    raise UsageError(f"Sweep {folder.name} has {MOST_POINTS:,} points of its users already; create another sweep.")


def check_point(spec: SweepSpec, point: Point) -> None:
    """Check that a trial can have a point. Raises `UsageError`.

    The search engine takes values outside a range, but none that a list lacks.
    """
    spec.config_of(point)
    for axis in spec.axes:
        if spec.needs_engine and axis.values and not axis.contains(point[axis.field]):
            raise UsageError(
                f"{axis.option} {spell(point[axis.field])} is none of {axis.describe()}, among which this sweep "
                "searches; create another sweep."
            )


def read_points(folder: SweepFolder, spec: SweepSpec) -> dict[int, Point]:
    """Read the points of users by their numbers.

    One that is damaged or half written is left out.
    """
    points = {number: read_point(path, spec) for number, path in sorted(point_files(folder).items())}
    return {number: point for number, point in points.items() if point is not None}


def read_point(path: Path, spec: SweepSpec) -> Point | None:
    """Read one point; None if it is invalid or damaged."""
    try:
        point = json.loads(read_small(path))["values"]
        if not isinstance(point, dict):
            return None
        check_point(spec, point)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, EmnistTuiError):
        return None
    return point


def point_files(folder: SweepFolder) -> dict[int, Path]:
    """List the files of users' points by their numbers, 1 to `MOST_POINTS`."""
    try:
        names = os.listdir(folder.points)  # noqa: PTH208 - names are enough
    except OSError:
        return {}
    numbers = {int(found[1]): folder.points / name for name in names if (found := _NAME.fullmatch(name))}
    return {number: path for number, path in numbers.items() if 1 <= number <= MOST_POINTS}


def _create(path: Path, content: bytes) -> bool:
    """Create a file with its content; False if the name is taken.

    Raises `OSError`. Where the file system has no hard links, a reader may see half of it for a moment.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        _write_new(unfinished, content)
        try:
            os.link(unfinished, path)
        except FileExistsError:
            return False
        except OSError:
            return _create_in_place(path, content)
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def _create_in_place(path: Path, content: bytes) -> bool:
    try:
        _write_new(path, content)
    except FileExistsError:
        return False
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return True


def _write_new(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
