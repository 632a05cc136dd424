"""Picture files in every supported form, and files that are refused."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from emnist_tui.learning.inference.image_io import PIXEL_LIMIT, SIZE_LIMIT, read_picture
from emnist_tui.runs.errors import EmnistTuiError


def drawn() -> npt.NDArray[np.uint8]:
    """Draw dark ink on light paper, without any symmetry."""
    pixels = np.full((90, 60), 230, np.uint8)
    pixels[10:80, 10:20] = 20
    pixels[10:20, 10:50] = 20
    return pixels


def saved(path: Path, picture: Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


def assert_drawn(path: Path, tolerance: float = 1.0) -> None:
    brightness = read_picture(path)
    assert brightness.dtype == np.float32
    np.testing.assert_allclose(brightness, drawn(), atol=tolerance)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA", "LA"])
def test_every_png_mode_is_read(tmp_path: Path, mode: str) -> None:
    assert_drawn(saved(tmp_path / "picture.png", Image.fromarray(drawn()).convert(mode)))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_jpeg_mode_is_read(tmp_path: Path, mode: str) -> None:
    file = saved(tmp_path / "picture.jpg", Image.fromarray(drawn()).convert(mode), quality=100, subsampling=0)
    assert_drawn(file, 12)


def test_a_one_bit_picture_is_read(tmp_path: Path) -> None:
    brightness = read_picture(
        saved(tmp_path / "picture.png", Image.fromarray(drawn()).convert("1", dither=Image.Dither.NONE))
    )
    np.testing.assert_array_equal(brightness[10:80, 10:20], 0)
    np.testing.assert_array_equal(brightness[30:, 30:], 255)


def test_a_picture_using_twelve_of_sixteen_bits_is_stretched(tmp_path: Path) -> None:
    deep = drawn().astype(np.uint16) * 16
    brightness = read_picture(saved(tmp_path / "picture.png", Image.fromarray(deep)))
    np.testing.assert_allclose(brightness, (drawn() - 20.0) * 255 / 210, atol=1)


def test_a_transparent_palette_color_becomes_paper(tmp_path: Path) -> None:
    picture = Image.fromarray((drawn() > 100).astype(np.uint8))
    picture = picture.convert("P")
    picture.putpalette([10, 10, 10, 90, 0, 90])
    brightness = read_picture(saved(tmp_path / "picture.png", picture, transparency=1))
    np.testing.assert_allclose(brightness, np.where(drawn() > 100, 255, 10), atol=1)


@pytest.mark.parametrize(("color", "paper"), [(255, 0), (0, 255), (128, 0), (90, 255)])
def test_a_transparent_background_becomes_contrasting_paper(tmp_path: Path, color: int, paper: int) -> None:
    ink = drawn() < 100
    layers = np.dstack([np.full(ink.shape, color, np.uint8)] * 3 + [np.where(ink, 255, 0).astype(np.uint8)])
    brightness = read_picture(saved(tmp_path / "picture.png", Image.fromarray(layers)))
    np.testing.assert_allclose(brightness, np.where(ink, color, paper), atol=1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_a_picture_is_oriented_by_its_exif_data(tmp_path: Path, orientation: int, ending: str) -> None:
    undone = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the Image.Transpose that the EXIF orientation undoes
    picture = Image.fromarray(drawn())
    if orientation in undone:
        picture = picture.transpose(Image.Transpose(undone[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_drawn(
        saved(tmp_path / f"picture.{ending}", picture, exif=exif, **{"quality": 100} if ending == "jpg" else {}), 12
    )


def test_malformed_exif_data_is_ignored(tmp_path: Path) -> None:
    picture = Image.fromarray(drawn())
    assert_drawn(saved(tmp_path / "picture.jpg", picture, quality=100, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff odd"), 12)


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_large_picture_is_reduced(tmp_path: Path, ending: str) -> None:
    large = Image.fromarray(drawn()).resize((2400, 3600), Image.Resampling.NEAREST)
    brightness = read_picture(saved(tmp_path / f"picture.{ending}", large))
    assert 512 <= max(brightness.shape) <= 2048
    small = Image.fromarray(brightness).resize((60, 90), Image.Resampling.BOX)
    assert np.abs(np.asarray(small) - drawn()).mean() < 8


# Refused files


def refusal(path: Path) -> str:
    with pytest.raises(EmnistTuiError) as caught:
        read_picture(path)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def _claiming(width: int, height: int) -> bytes:
    """Return a PNG whose header claims this size, without pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [int(PIXEL_LIMIT**0.5) + 2, 10_000, 100_000])
def test_a_decompression_bomb_is_refused(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(_claiming(side, side))
    assert "bomb.png is too large" in refusal(tmp_path / "bomb.png")


def test_a_too_large_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    assert "too large (64 MB)" in refusal(tmp_path / "large.png")


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_truncated_file_is_refused(tmp_path: Path, ending: str) -> None:
    content = saved(
        tmp_path / f"picture.{ending}", Image.fromarray(drawn()), **{"quality": 95} if ending == "jpg" else {}
    ).read_bytes()
    for length in range(0, len(content) // 2, max(1, len(content) // 60)):
        (tmp_path / "cut").write_bytes(content[:length])
        assert "damaged" in (sentence := refusal(tmp_path / "cut")) or "not a PNG or JPEG" in sentence


def test_flipped_bits_are_refused_or_read(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    content = saved(tmp_path / "picture.png", Image.fromarray(drawn())).read_bytes()
    refused = 0
    for _ in range(200):
        damaged = bytearray(content)
        damaged[random.integers(len(damaged))] ^= 1 << random.integers(8)
        (tmp_path / "damaged").write_bytes(damaged)
        try:
            read_picture(tmp_path / "damaged")
        except EmnistTuiError:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "PPM", "WEBP"])
def test_other_formats_are_refused(tmp_path: Path, kind: str) -> None:
    try:
        file = saved(tmp_path / "picture.png", Image.fromarray(drawn()), format=kind)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow does not write {kind}")
    assert "is not a PNG or JPEG picture" in refusal(file)


def test_a_missing_or_special_file_is_refused(tmp_path: Path) -> None:
    assert "There is no picture" in refusal(tmp_path / "none.png")
    assert "is not a file" in refusal(tmp_path)
    assert "is not a file" in refusal(Path("/dev/zero"))
    assert "cannot be read" in refusal(tmp_path / ("a" * 300))
