"""Settings that an operation takes, and those that it does not."""

import pytest

from emnist_tui.analysis.network.signatures import SIGNATURES, is_axis, is_count, is_flag, is_number


@pytest.mark.parametrize("value", [1, 4096])
def test_sizes_have_a_limit(value: int) -> None:
    assert is_count(value)


@pytest.mark.parametrize("value", [0, -1, 4097, 10**30, True, 1.0, "1", None, [1]])
def test_other_sizes_are_refused(value: object) -> None:
    assert not is_count(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, True, "1", None])
def test_numbers_are_finite(value: object) -> None:
    assert not is_number(value)
    assert is_number(-0.5)


def test_axes_and_flags() -> None:
    assert is_axis(-1)
    assert not is_axis(8)
    assert is_flag(False)
    assert not is_flag(0)


@pytest.mark.parametrize(
    ("operation", "setting", "right", "wrong"),
    [
        ("conv", "stride", [2, 1], [0, 1]),
        ("conv", "padding", [0, 1], [-1, 1]),
        ("conv", "dilation", [1, 2], [1, 2, 3]),
        ("conv", "groups", 2, 2.5),
        ("max_pool", "kernel", [2, 3], 2),
        ("max_pool", "ceil", True, 1),
        ("batch_norm", "eps", 1e-5, -1e-5),
        ("batch_norm", "eps", 0, 2),
        ("mean", "axes", [1, 2], []),
        ("gelu", "approximate", "tanh", "erf"),
        ("softplus", "beta", 2, 0),
        ("reshape", "shape", [4, 7], [4, 0]),
    ],
)
def test_settings_are_checked(operation: str, setting: str, right: object, wrong: object) -> None:
    kind = SIGNATURES[operation].settings[setting]
    assert kind(right)
    assert not kind(wrong)


def test_needed_settings_and_roles_are_known() -> None:
    for signature in SIGNATURES.values():
        assert signature.needed <= signature.settings.keys()
        assert signature.required | signature.optional <= {"weight", "bias", "running_mean", "running_var"}
