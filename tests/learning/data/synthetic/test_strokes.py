import hashlib

import numpy as np
import pytest

from emnist_tui.learning.data.synthetic.strokes import Allograph, allographs

EVERY_ALLOGRAPH = [
    pytest.param(digit, allograph, id=allograph.name) for digit, ways in enumerate(allographs()) for allograph in ways
]


@pytest.mark.parametrize(("digit", "allograph"), EVERY_ALLOGRAPH)
def test_exemplars_share_their_strokes(digit: int, allograph: Allograph) -> None:
    shapes = {
        tuple(tuple(token.endswith("!") for token in stroke.split()) for stroke in exemplar.split("|"))
        for exemplar in allograph.exemplars
    }
    assert shapes == {allograph.strokes}
    assert allograph.points.shape == (len(allograph.exemplars), sum(map(len, allograph.strokes)), 2)
    assert allograph.name.startswith(f"{digit} ")


def test_exemplar_is_parsed_into_points_and_corners() -> None:
    allograph = Allograph("1 with a foot", 1, ("-22,24 0,0! 0,98 | -26,99 26,98",))
    np.testing.assert_array_equal(
        allograph.points, np.array([[[-0.22, 0.24], [0, 0], [0, 0.98], [-0.26, 0.99], [0.26, 0.98]]], np.float32)
    )
    assert allograph.strokes == ((False, True, False), (False, False))


def test_drawn_digits_keep_their_strokes() -> None:
    """Change `generator.VERSION` together with this digest.

    The digest is of the strokes: the drawn images also depend on the machine's matrix product.
    """
    digest = hashlib.sha256()
    for ways in allographs():
        for allograph in ways:
            digest.update(repr((allograph.name, float(allograph.share), allograph.strokes)).encode())
            digest.update(allograph.points.tobytes())
    assert digest.hexdigest() == "76a42855bb1f11255bfa2e880dd963323ed21a07e18a9000447e9b5913f580a9"
