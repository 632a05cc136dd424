"""Input gradient: the slope of a class's lead by each pixel.

After Simonyan, Vedaldi and Zisserman (2014), "Deep Inside Convolutional Networks", section 3, here of a difference of
two logits, with its sign.
"""

import numpy as np

from emnist_tui.analysis.network.gradients import difference_gradients
from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.analysis.network.network import Array, Pass


def input_gradient(passed: Pass, answer: int, against: int) -> Array | None:
    """Return the slope of the lead by the ink of each pixel.

    float64 [28, 28]; the lead is the logit of `answer` minus that of `against`, and full ink is 1. None for a network
    that numpy cannot compute.
    """
    if not passed.network.graph.is_computable:
        return None
    gradient = difference_gradients(passed, answer, against)[INPUT]
    return np.asarray(gradient[0] * passed.network.scale.factor)
