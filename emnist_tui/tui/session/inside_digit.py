"""The digit that the Inside screen examines, and how users name one."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.predictions import Mistake
from emnist_tui.runs.task import SIDE
from emnist_tui.runs.user_paths import pasted_path
from emnist_tui.text.formats import count
from emnist_tui.tui.widgets.network.view import DigitLabel

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession

SPLITS = ("train", "validation", "test")
_INDEX = re.compile(r"(?:(train|validation|test)\s+)?#?(\d[\d,]*)", re.IGNORECASE)
_DIGITS_OF_AN_INDEX = 9
_SHIPPED = (
    "c-muNAP5-yRs<k;KL7uJg>zW{FR}Oo=gEF&V7w;)<Ml6KV0;hbF}@FAVEPB+vHSvRh3jM9!oXmMFcYX~{sbiJ+5QS3@oc{#JMDY{5{LDz"
    "0unF&5)y~$KaxU4>3;|lz5o6H#-Lhm0Oqj&2ZDX?|3MV@fA|0Y{{641U{jg@1>`?gQij^V^G)bJB24suuKkWMUgrP*g$N$YtP%kRA^-qy"
    "KRHb"
)
"""Ink of a synthetic digit in 16 levels, two pixels a byte, compressed."""


@dataclass(frozen=True, eq=False)
class InsideDigit:
    """An image with what is known about it."""

    image: NDArray[np.uint8]
    """uint8 [28, 28], upright, 255 is ink."""
    label: DigitLabel
    true: int | None = None
    """True class; None if nobody knows."""


@dataclass(frozen=True)
class DigitPlace:
    """Position of a digit in a split."""

    split: str
    index: int

    @property
    def label(self) -> DigitLabel:
        return DigitLabel(f"#{count(self.index)}", self.split)


def digit_of(mistake: Mistake, split: str) -> InsideDigit:
    """Return a misclassified digit of a split."""
    return InsideDigit(mistake.image, DigitPlace(split, mistake.index).label, mistake.true)


def first_digit(opened: RunSession | None) -> InsideDigit | None:
    """Return the digit last looked at, else the first mistake, if any."""
    if opened is None or opened.evaluation is None:
        return None
    if opened.review.looked_at:
        return digit_of(*opened.review.looked_at)
    mistakes = opened.evaluation.mistakes()
    return digit_of(mistakes[0], opened.evaluation.split) if len(mistakes) else None


def parse_digit(text: str, split: str = "test") -> DigitPlace | Path | None:
    """Return the digit that a user named.

    It is a place in a split, or a picture. `18` is of `split`, `train 5` of another one; anything else is a path. None
    for no text. Raises `UsageError` for a path that cannot exist.
    """
    if not text.strip():
        return None
    match = _INDEX.fullmatch(text.strip())
    digits = match[2].replace(",", "") if match else ""
    if match and len(digits) <= _DIGITS_OF_AN_INDEX:
        return DigitPlace((match[1] or split).lower(), int(digits))
    return pasted_path(text)


def shipped_digit() -> InsideDigit:
    """Return the synthetic digit that comes with the program."""
    pairs = np.frombuffer(zlib.decompress(base64.b85decode(_SHIPPED)), np.uint8)
    levels = np.stack([pairs // 16, pairs % 16], axis=1).reshape(SIDE, SIDE)
    return InsideDigit(levels * np.uint8(17), DigitLabel("a synthetic 2"), 2)
