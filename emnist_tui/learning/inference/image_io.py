"""Reading of PNG and JPEG pictures as brightness."""

import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emnist_tui.learning.inference.raster import Gray
from emnist_tui.runs.errors import EmnistTuiError

if TYPE_CHECKING:
    from PIL.Image import Image

SIZE_LIMIT = 64 << 20
"""Largest file that is read, in bytes."""
PIXEL_LIMIT = 64_000_000
"""Largest picture that is decoded, in pixels: more than most phones take, and at most about 500 MB of memory."""
_LONGEST = 1024
"""Target for the longer side, in pixels: a picture at least twice as long is reduced by a whole factor."""
_ONE_COLOR = 24.0
"""Largest standard deviation, in levels of 255, of a drawing in one color."""


def read_picture(path: Path) -> Gray:
    """Read a picture's brightness, float32 [height, width], 0 to 255.

    The picture is oriented by its EXIF data, and a large one is reduced. Transparent pixels become white paper, or
    black paper under a drawing in one light color. Raises `EmnistTuiError` if the file is not a complete PNG or JPEG
    picture, or is too large; nothing is decoded before the dimensions are known.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    _check_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about malformed EXIF data and the like; the size is checked below
            with Image.open(path, formats=["PNG", "JPEG"]) as picture:
                if picture.width * picture.height > PIXEL_LIMIT:
                    raise _too_large(path, f"{picture.width}×{picture.height} pixels")
                picture.draft(None, (_LONGEST, _LONGEST))  # a JPEG is decoded no larger than needed
                picture.load()
                with suppress(Exception):  # malformed EXIF data is ignored
                    ImageOps.exif_transpose(picture, in_place=True)
                return _brightness(picture)
    except EmnistTuiError:
        raise
    except Image.DecompressionBombError:
        raise _too_large(path, "too many pixels") from None
    except UnidentifiedImageError:
        raise EmnistTuiError(f"{path} is not a PNG or JPEG picture; save it as one.") from None
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise EmnistTuiError(f"{path} is damaged ({reason}); copy it or save it again.") from None


def _check_file(path: Path) -> None:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise EmnistTuiError(f"{path} is not a file; choose a PNG or JPEG picture.")
    except FileNotFoundError:
        raise EmnistTuiError(f"There is no picture {path}; check its name.") from None
    except (OSError, ValueError) as error:
        raise EmnistTuiError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    if size > SIZE_LIMIT:
        raise _too_large(path, f"{size >> 20} MB")


def _too_large(path: Path, size: str) -> EmnistTuiError:
    return EmnistTuiError(
        f"{path} is too large ({size}); scale it down to at most {PIXEL_LIMIT // 1_000_000} megapixels."
    )


def _brightness(picture: "Image") -> Gray:
    if picture.mode.startswith("I"):  # 16 bits, of which a camera may use only the lower ones
        deep = np.asarray(picture, np.float32)
        deep -= deep.min()
        return _gray(_reduced(_picture(deep * (255 / max(1.0, float(deep.max()))))))
    if picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info:
        return _composite(_reduced(picture if picture.mode == "RGBA" else picture.convert("RGBA")))
    if picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    return _gray(_reduced(picture).convert("L"))


def _composite(picture: "Image") -> Gray:
    brightness, alpha = _gray(picture.convert("RGB").convert("L")), _gray(picture.getchannel("A")) / 255
    weights = alpha / max(float(alpha.sum()), 1.0)
    mean = float((weights * brightness).sum())
    spread = float((weights * (brightness - mean) ** 2).sum()) ** 0.5
    paper = 0.0 if spread < _ONE_COLOR and mean >= 128 and alpha.min() < 0.5 else 255.0
    return np.asarray(alpha * brightness + (1 - alpha) * paper, np.float32)


def _reduced(picture: "Image") -> "Image":
    factor = max(picture.size) // _LONGEST
    return picture.reduce(factor) if factor > 1 else picture


def _picture(values: Gray) -> "Image":
    from PIL import Image

    return Image.fromarray(values.astype(np.uint8))


def _gray(picture: "Image") -> Gray:
    return np.asarray(picture, np.float32)
