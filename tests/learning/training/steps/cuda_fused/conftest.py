"""Tests of Triton code in its interpreter, which runs kernels on the CPU.

Triton decides as it is imported whether it interprets, so these tests run in a process of their own, started by
`test_step.py`. By hand: `TRITON_INTERPRET=1 python -m pytest -n 0 tests/learning/training/steps/cuda_fused/kernels`.
"""

import os
from collections.abc import Iterator

import numpy as np
import pytest

INTERPRETED = ["kernels", "test_self_check.py", "test_step_interpreted.py", "test_stepper.py"]

collect_ignore = [] if os.environ.get("TRITON_INTERPRET") == "1" else INTERPRETED


@pytest.fixture(autouse=True)
def silent_overflow() -> Iterator[None]:
    """Compute with infinities and NaN in silence, as a card does."""
    with np.errstate(all="ignore"):
        yield
