"""The table of training, which must outrun autograd. No other test may run beside this one."""

import re
import sys
from collections.abc import Callable

import pytest


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory and processor time are read from /proc")
def test_training_outruns_autograd(printed: Callable[[str], str]) -> None:
    output = printed("training")
    ours = re.search(r"\| emnist-tui train \|.*\| ([\d.]+) × \|", output)
    autograd = re.search(r"\| preloaded tensors.*\| ([\d.]+) × \|", output)
    assert ours
    assert autograd
    assert float(ours[1]) > 1.5 * float(autograd[1])
