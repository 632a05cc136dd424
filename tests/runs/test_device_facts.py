"""Facts about the device of a run."""

from dataclasses import replace

import pytest

from emnist_tui.runs.device_facts import device_facts
from tests.support.scripted_runs import started, started_on_gpu

GPU = started_on_gpu()


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (started(), "cpu"),
        (replace(started(), way="batch innermost", versions={"cuda": "13.0"}), "cpu"),
        (GPU, "cuda (NVIDIA H100 80GB HBM3), fused kernels, CUDA 13.0"),
        (replace(GPU, device="cuda:1 (NVIDIA T4)"), "cuda:1 (NVIDIA T4), fused kernels, CUDA 13.0"),
        (replace(GPU, way=None, versions={}), "cuda (NVIDIA H100 80GB HBM3)"),
        (replace(GPU, device="mps", way="autograd"), "mps, autograd"),
    ],
)
def test_only_a_gpu_has_a_way_and_a_version(event: object, told: str) -> None:
    assert str(device_facts(event)) == told  # type: ignore[arg-type]
