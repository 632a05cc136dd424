import pytest

from emnist_tui.text.unit_names import describe_change, named_layer, named_units


@pytest.mark.parametrize(
    ("units", "name"),
    [
        ([1], "filter 1 of layers.1 (ReLU)"),
        ([0, 1], "filters 0 and 1 of layers.1 (ReLU)"),
        ([0, 3, 7, 12], "filters 0, 3, 7 and 12 of layers.1 (ReLU)"),
        (range(1_200), "1,200 filters of layers.1 (ReLU)"),
    ],
)
def test_units_are_named_by_number_and_many_are_counted(units: list[int], name: str) -> None:
    assert named_units(units, "filter", "layers.1", "ReLU") == name


def test_a_call_in_the_networks_own_forward_is_named_so() -> None:
    assert named_units([17], "unit", "forward", "relu") == "unit 17 of relu in your forward()"
    assert named_units([0, 1], "filter", "forward:2", "relu") == "filters 0 and 1 of relu:2 in your forward()"
    assert named_units([17], "unit", "head.forward_relu", "ReLU") == "unit 17 of head.forward_relu (ReLU)"
    assert [named_layer(layer) for layer in ("forward", "forward:2", "fc:2")] == [
        "your forward()",
        "your forward():2",
        "fc:2",
    ]


def test_a_change_names_what_was_lost_and_what_came_back() -> None:
    assert describe_change([0], [], "dead", 1240, "unit", "fc", "ReLU") == "unit 0 of fc (ReLU) died by step 1,240"
    assert describe_change([0], [2, 3], "dead", 9, "unit", "fc", "ReLU") == (
        "unit 0 of fc (ReLU) died by step 9; units 2 and 3 of fc (ReLU) revived by step 9"
    )
    assert describe_change([], [1], "saturated", 9, "unit", "fc", "tanh") == (
        "unit 1 of fc (tanh) left saturation by step 9"
    )
    assert describe_change([1], [], "saturated", 9, "unit", "fc", "tanh") == "unit 1 of fc (tanh) saturated by step 9"
