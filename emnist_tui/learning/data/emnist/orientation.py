"""Orientation of images of digits, recognized from their pixels.

EMNIST's files store images transposed, MNIST's upright, and their names do not always tell which.
"""

from emnist_tui.learning.data.emnist.idx import Bytes

_SAMPLE = 500  # images of a class
_INK = 128
_CLEAR = 1.4  # ratio of height to width; ones have 2.3 in MNIST's form
_CENTER = slice(12, 16)
_TRANSPOSED_TOGETHER = 4096  # images, of which there is a second copy meanwhile


def are_upright(images: Bytes, labels: Bytes) -> bool | None:
    """Return whether images are upright rather than transposed.

    Returns None if that is not clear. An upright one is higher than wide. `images` are uint8 [N, 28, 28], `labels`
    uint8 [N].
    """
    ink = _of_class(1, images, labels) >= _INK
    height, width = ink.any(2).sum(), ink.any(1).sum()
    if height > _CLEAR * width:
        return True
    return False if width > _CLEAR * height else None


def are_digits(images: Bytes, labels: Bytes) -> bool:
    """Check that ones have ink in their centers, and zeros have less.

    MNIST's names are also those of other data sets, for example of clothes.
    """
    zeros, ones = (_of_class(digit, images, labels)[:, _CENTER, _CENTER] for digit in (0, 1))
    return zeros.size > 0 and ones.size > 0 and 2 * float(zeros.mean()) < float(ones.mean())


def transpose(images: Bytes) -> None:
    """Transpose every image in place, as a second copy may not fit.

    `images` are uint8 [N, 28, 28].
    """
    for first in range(0, len(images), _TRANSPOSED_TOGETHER):
        chunk = images[first : first + _TRANSPOSED_TOGETHER]
        chunk[:] = chunk.transpose(0, 2, 1).copy()


def _of_class(digit: int, images: Bytes, labels: Bytes) -> Bytes:
    found: Bytes = images[(labels == digit).nonzero()[0][:_SAMPLE]]
    return found
