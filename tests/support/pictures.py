"""Pictures of digits as people make them: enlarged on a page, or photographed."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

Bytes = npt.NDArray[np.uint8]


def enlarged(digit: Bytes, factor: int) -> Bytes:
    side = 28 * factor
    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC))


def on_page(digit: Bytes, factor: int, left: int, top: int, right: int = 5, bottom: int = 9) -> Bytes:
    """Draw dark ink on white paper, with margins in pixels."""
    return 255 - np.pad(enlarged(digit, factor), ((top, bottom), (left, right)))


def photographed(digit: Bytes, seed: int) -> bytes:
    """Encode a noisy JPEG of dark ink on unevenly lit paper."""
    random = np.random.default_rng(seed)
    ink = np.pad(enlarged(digit, 7) / 255, ((110, 60), (40, 140)))
    y, x = np.mgrid[-1 : 1 : ink.shape[0] * 1j, -1 : 1 : ink.shape[1] * 1j]
    paper = 185 + 30 * x - 15 * y - 25 * (x * x + y * y) / 2
    light = paper * (1 - 0.75 * ink) + random.normal(0, 8, ink.shape)
    packed = io.BytesIO()
    Image.fromarray(light.clip(0, 255).astype(np.uint8)).save(packed, "JPEG", quality=60)
    return packed.getvalue()


def png(pixels: Bytes) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    return packed.getvalue()
