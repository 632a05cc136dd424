import io

import numpy as np
import pytest
from PIL import Image

from emnist_tui.runs.png import encode_gray


@pytest.mark.parametrize(("height", "width", "scale"), [(28, 28, 1), (28, 28, 4), (1, 3, 2), (5, 1, 1)])
def test_pillow_reads_the_pixels_back(height: int, width: int, scale: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    picture = Image.open(io.BytesIO(encode_gray(pixels, scale)))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "L", (width * scale, height * scale))
    read = np.asarray(picture)
    np.testing.assert_array_equal(read[::scale, ::scale], pixels)
    np.testing.assert_array_equal(read[scale - 1 :: scale, scale - 1 :: scale], pixels)
