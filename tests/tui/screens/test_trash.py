"""Words of the trash dialog; its keys are tested in test_run_changes.py."""

from emnist_tui.tui.screens.trash import describe_amount


def test_amounts_have_a_number_and_a_size() -> None:
    assert describe_amount(1, 512) == "1 run, 512 bytes"
    assert describe_amount(2, 3_400_000) == "2 runs, 3.4 MB"
