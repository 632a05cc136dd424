"""Words of the trash dialog; its keys are tested in test_run_changes.py."""

from pathlib import Path

import pytest

from emnist_tui.tui.screens.trash import describe_amount


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a"], "1 run"),
        (["a", "b"], "2 runs"),
        (["a.pt"], "1 checkpoint"),
        (["a", "b.pt", "c.safetensors"], "1 run and 2 checkpoints"),
        (["folder.pt"], "1 run"),
    ],
)
def test_amounts_count_runs_and_checkpoints(tmp_path: Path, names: list[str], words: str) -> None:
    (tmp_path / "folder.pt").mkdir()
    assert describe_amount([tmp_path / name for name in names], 3_400_000) == f"{words}, 3.4 MB"
