"""Packed gradients; `test_gradient` compares the whole backward pass."""

import torch
import triton
import triton.language as tl

from emnist_tui.learning.training.steps.cuda_fused.kernels.backward import route, routed_gradient, routed_place


@triton.jit
def packing_kernel(gradients, places, unpacked_gradients, unpacked_places):
    at = tl.arange(0, 8)
    routes = route(tl.load(gradients + at), tl.load(places + at))
    tl.store(unpacked_gradients + at, routed_gradient(routes))
    tl.store(unpacked_places + at, routed_place(routes))


def test_a_route_keeps_every_bit_of_gradient_and_place() -> None:
    gradients = torch.tensor([0.0, -0.0, 1.5, -1.5, 1e-45, -3e38, torch.inf, torch.nan])
    places = torch.tensor([0, 783, 1, 29, 2_147_483_647, 0, 5, 644], dtype=torch.int32)
    unpacked_gradients, unpacked_places = torch.ones(8), torch.ones(8, dtype=torch.int32)
    packing_kernel[(1,)](gradients, places, unpacked_gradients, unpacked_places)
    assert torch.equal(unpacked_gradients.view(torch.int32), gradients.view(torch.int32))
    assert torch.equal(unpacked_places, places)
