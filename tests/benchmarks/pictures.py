"""Pages of digits, as `emnist-tui predict` answers or refuses them."""

from collections import Counter
from pathlib import Path

import numpy as np

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.classify import load_network, recognize
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.foreign_weights import RECOGNIZED
from tests.support import pages
from tests.support.pictures import png


def answers(split: Split, checkpoint: Path, kind: str, count: int, seed: int, folder: Path) -> Counter[str]:
    """Count the right, refused and wrong answers to `count` pages of one kind.

    An answer to a page of no, several or turned digits is wrong.
    """
    network, _ = load_network(checkpoint, RECOGNIZED, lambda _: None)
    counts = Counter(right=0, refused=0, wrong=0)
    draw = {**pages.DIGITS, **pages.OTHERS}[kind]
    file = folder / "page.png"
    for number, index in enumerate(np.random.default_rng(seed).permutation(len(split))[:count]):
        file.write_bytes(png(draw(split.images[index].numpy(), np.random.default_rng([seed, number]))))
        try:
            is_right = recognize(network, file).predicted == int(split.labels[index]) and kind in pages.DIGITS
        except EmnistTuiError:
            counts["refused"] += 1
        else:
            counts["right" if is_right else "wrong"] += 1
    return counts
