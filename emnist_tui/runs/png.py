"""Pictures of gray pixels as PNG, so that one is saved or embedded without an imaging library."""

import struct
import zlib

import numpy as np
import numpy.typing as npt


def encode_gray(pixels: npt.NDArray[np.uint8], scale: int = 1) -> bytes:
    """A PNG file of pixels uint8 [height, width], 255 is white, each drawn as a square of `scale` pixels.

    8-bit grayscale, not interlaced: W3C, Portable Network Graphics (PNG) Specification, sections 5 and 11.2.
    """
    enlarged = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    height, width = enlarged.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = enlarged
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
