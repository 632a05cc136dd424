import torch

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.steps.cuda_fused.kernels import layout


def test_parameters_lie_as_the_network_lists_them() -> None:
    ends = torch.tensor([parameter.numel() for parameter in Baseline().parameters()]).cumsum(0).tolist()
    places = [layout.CONV1_BIAS, layout.CONV2, layout.CONV2_BIAS, layout.LINEAR, layout.LINEAR_BIAS, layout.PARAMETERS]
    assert [place.value for place in places] == ends


def test_regions_of_the_scratch_do_not_overlap() -> None:
    assert layout.MAP.value >= 12 * 12
    assert layout.PLANES.value >= layout.MAPS.value + 2 * layout.MAP.value
    assert layout.PLANE.value >= 14 * layout.PLANE_ROW.value
    assert layout.FLOATS.value >= layout.PLANES.value + 4 * layout.PLANE.value
    assert layout.ROUTES1.value >= layout.ROUTES2.value + 4 * 32
    assert layout.ROUTES.value >= layout.ROUTES1.value + 12 * 12
    assert layout.LAST_PART.value == layout.PARTS.value - 1


def test_a_row_of_gradients_is_whole_blocks() -> None:
    assert layout.GRADIENT_ROW.value >= layout.PARAMETERS.value
    assert layout.GRADIENT_ROW.value % 32 == 0
