"""Pixel scalings and orientations that digit networks are trained on, by name.

The program's own input is upright, 0 for paper and 1 for full ink. Networks from elsewhere got theirs from a
normalization, from pixels of 0 to 255, from dark ink on white paper, or from EMNIST's files as they are stored.
"""

import re
from dataclasses import dataclass
from math import isfinite

_BYTE = 255.0  # largest value of an undivided pixel
_MEAN_LIMITS = 1e-6, 1e6
_STD_LIMITS = 1e-6, 1e6


@dataclass(frozen=True)
class Scaling:
    """Affine map from ink, 0 to 1, to a network's input."""

    mean: float = 0.0
    """Subtracted mean, in units of the pixels."""
    std: float = 1.0
    """Standard deviation to divide by, in units of the pixels."""
    is_bytes: bool = False
    """Whether pixels are 0 to 255, not 0 to 1."""
    is_inverted: bool = False
    """Whether ink is dark, 0, and paper is white."""

    @property
    def factor(self) -> float:
        """Factor of the ink."""
        return (-1 if self.is_inverted else 1) * (_BYTE if self.is_bytes else 1.0) / self.std

    @property
    def offset(self) -> float:
        """Input of blank paper."""
        paper = (_BYTE if self.is_bytes else 1.0) if self.is_inverted else 0.0
        return (paper - self.mean) / self.std

    @property
    def formula(self) -> str:
        """Input as a formula of `ink`."""
        whole = "255" if self.is_bytes else "1"
        pixel = {(True, False): "255 ink", (False, False): "ink"}.get((self.is_bytes, self.is_inverted))
        pixel = pixel or f"{whole} - {'255 ' if self.is_bytes else ''}ink"
        if self.mean:
            pixel = f"{pixel} - {self.mean:g}"
        if self.std == 1:
            return pixel
        return f"({pixel}) / {self.std:g}" if " - " in pixel else f"{pixel} / {self.std:g}"

    def __str__(self) -> str:
        """Return the name that `parse` reads."""
        pair = next((name for name, values in PAIRS.items() if values == (self.mean, self.std)), None)
        words = ["inverted"] * self.is_inverted + ["bytes"] * self.is_bytes
        if pair != "unit" or not words:
            words.append(pair or f"{self.mean!r}/{self.std!r}")
        return "-".join(words)


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to lay an upright image.

    Axes are exchanged first, then reversed.
    """

    transposes: bool = False
    reverses_rows: bool = False
    reverses_columns: bool = False

    @property
    def inverse(self) -> "Orientation":
        """Orientation that lays an image of this one upright."""
        if not self.transposes:
            return self
        return Orientation(self.transposes, self.reverses_columns, self.reverses_rows)

    def __str__(self) -> str:
        return next(name for name, orientation in ORIENTATIONS.items() if orientation == self)


@dataclass(frozen=True)
class InputFormat:
    """Input that a network was trained on."""

    scaling: Scaling = Scaling()
    orientation: Orientation = Orientation()


PLAIN = InputFormat()
"""Input of this program's own networks."""

ORIENTATIONS = {
    "upright": Orientation(),
    "transposed": Orientation(transposes=True),  # EMNIST's files
    # The files' images turned or mirrored only, which rights them halfway.
    "mirrored": Orientation(reverses_columns=True),
    "flipped": Orientation(reverses_rows=True),
    "rotated90": Orientation(transposes=True, reverses_columns=True),
    "rotated180": Orientation(reverses_rows=True, reverses_columns=True),
    "rotated270": Orientation(transposes=True, reverses_rows=True),
    "antitransposed": Orientation(transposes=True, reverses_rows=True, reverses_columns=True),
}
"""Orientations by name, the usual ones first; rotations are clockwise."""
USUAL_ORIENTATIONS = 2

PAIRS = {
    "unit": (0.0, 1.0),
    "mnist": (0.1307, 0.3081),
    "half": (0.5, 0.5),
    "emnist": (0.1722, 0.3309),
    "kmnist": (0.1918, 0.3483),
    "fashion": (0.2860, 0.3530),
    "imagenet": (0.449, 0.226),
    "centered": (0.5, 1.0),
}
"""Named means and standard deviations."""
# EMNIST's balanced split, ImageNet's and CIFAR's red, two means alone, and a division by 255 after ToTensor. Pairs that
# lie between two of these, such as 0.1736/0.3317, change no accuracy by more than 0.0005.
_UNNAMED = (0.1751, 0.3332), (0.485, 0.229), (0.4914, 0.2023), (0.1307, 1), (0.1722, 1), (0, 255)
_OF_BYTES = ("unit", "mnist", "half")  # forgotten divisions
_FEMNIST = (0.9637, 0.1597)  # white paper


def _usual() -> tuple[Scaling, ...]:
    pairs = [*PAIRS.values(), *((float(mean), float(std)) for mean, std in _UNNAMED)]
    dark_paper = [Scaling(*pair) for pair in pairs] + [Scaling(*PAIRS[name], is_bytes=True) for name in _OF_BYTES]
    white_paper = [Scaling(each.mean, each.std, each.is_bytes, is_inverted=True) for each in dark_paper]
    return (*dark_paper, *white_paper, Scaling(*_FEMNIST, is_inverted=True))


SCALINGS = _usual()
"""Scalings that are recognized, the most usual first."""

AUTO = "auto"
NAMES = (AUTO, *PAIRS, "bytes", "inverted", *list(ORIENTATIONS)[1:USUAL_ORIENTATIONS])
"""Words that complete `--input-scaling`; they combine with hyphens."""

Wanted = tuple[Scaling | None, Orientation | None]
"""Parts of an input format that the user named; the others are recognized."""


def parse(text: str) -> Wanted:
    """Parse a name such as `mnist`, `0.1307/0.3081` or `transposed-inverted-bytes`.

    The parts are an orientation, `inverted`, `bytes`, and a pair's name or `MEAN/STD`, joined by hyphens. `auto` names
    nothing. Raises `ValueError`, a phrase for people, if it is none of these.
    """
    rest = text.strip().lower()
    if rest == AUTO:
        return None, None
    orientation, words, pair = None, set[str](), None
    while rest:
        word = re.match(r"[a-z]+[0-9]*(?=-|$)", rest)
        name = word[0] if word else rest
        if name in ORIENTATIONS and orientation is None:
            orientation = ORIENTATIONS[name]
        elif name in ("inverted", "bytes") and name not in words:
            words.add(name)
        elif pair is None:
            pair = PAIRS.get(name) or _parse_pair(name, text)
        else:
            raise ValueError(_describe_unknown(text))
        rest = rest[len(name) :].removeprefix("-")
    if orientation is None and not words and pair is None:
        raise ValueError(_describe_unknown(text))
    return Scaling(*(pair or PAIRS["unit"]), "bytes" in words, "inverted" in words), orientation


def _parse_pair(name: str, text: str) -> tuple[float, float]:
    parts = re.split("[/,]", name)
    try:
        mean, std = map(float, parts)
    except ValueError:
        raise ValueError(_describe_unknown(text)) from None
    is_mean = isfinite(mean) and (mean == 0 or _MEAN_LIMITS[0] <= abs(mean) <= _MEAN_LIMITS[1])
    if not is_mean or not _STD_LIMITS[0] <= std <= _STD_LIMITS[1]:
        raise ValueError(
            f"needs a finite mean and a standard deviation above 0, both of usual size, such as 0.1307/0.3081, "
            f"not {text!r}"
        )
    return mean, std


def _describe_unknown(text: str) -> str:
    return f"must be one of {', '.join(NAMES)}, MEAN/STD, or some of them joined by hyphens, not {text!r}"
