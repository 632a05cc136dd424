"""Rows about the GPU of a run."""

from dataclasses import replace

import pytest

from emnist_tui.tui.session.nvml import GpuFigures
from emnist_tui.tui.widgets.device_rows import device_rows
from tests.support.fake_nvml import GIB
from tests.support.scripted_runs import started, started_on_gpu

FIGURES = GpuFigures(97, int(1.2 * GIB), int(79.6 * GIB), 54, 310.4)


def longest(figures: GpuFigures) -> str:
    return dict(device_rows(started(), figures))["GPU"][0]


def test_figures_are_left_out_from_the_least_important() -> None:
    assert dict(device_rows(started_on_gpu(), FIGURES)) == {
        "GPU": (
            "  97 % · 1.2 of 80 GiB · 54 °C · 310 W",
            "  97 % · 1.2 of 80 GiB · 54 °C",
            "  97 % · 1.2 of 80 GiB",
            " 97 %",
        ),
        "steps by": ("fused kernels, CUDA 13.0", "fused kernels"),
    }


@pytest.mark.parametrize(
    "change",
    [
        {"utilization": 0},
        {"utilization": 100},
        {"used": 0},
        {"used": int(79.55 * GIB)},
        {"temperature": 9},
        {"power": 7.9},
    ],
)
def test_the_width_is_steady(change: dict[str, int]) -> None:
    """Neither do figures appear and vanish, nor do those at the right of a changed one move."""
    before, now = longest(FIGURES), longest(replace(FIGURES, **change))
    assert len(now) == len(before)
    parts, changed = before.split(" · "), now.split(" · ")
    assert [len(part) for part in changed[2:]] == [len(part) for part in parts[2:]]


@pytest.mark.parametrize(
    ("missing", "rest"),
    [
        ("utilization", " 1.2 of 80 GiB · 54 °C · 310 W"),
        ("used", " 97 % · 54 °C · 310 W"),
        ("total", " 97 % · 54 °C · 310 W"),
        ("temperature", "  97 % · 1.2 of 80 GiB · 310 W"),
        ("power", "  97 % · 1.2 of 80 GiB · 54 °C"),
    ],
)
def test_what_the_gpu_does_not_tell_is_left_out(missing: str, rest: str) -> None:
    assert longest(replace(FIGURES, **{missing: None})) == rest


def test_the_cpu_has_no_rows() -> None:
    assert not list(device_rows(started(), None))
    assert not list(device_rows(replace(started(), way="autograd"), GpuFigures()))
