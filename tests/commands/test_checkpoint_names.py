"""Names of checkpoints in output, and of files made from them."""

from pathlib import Path

import pytest

from emnist_tui.commands.checkpoint_names import display_name, output_stem, run_of
from tests.support.scripted_runs import write_run


@pytest.mark.parametrize(
    ("file", "display", "stem"),
    [
        ("seed0/last.pt", "seed0/last.pt", "seed0"),
        ("seed0/best.pt", "seed0/best.pt", "seed0"),
        ("seed0/epoch-001.pt", "seed0/epoch-001.pt", "seed0-epoch-001"),
        ("mine.pt", "mine.pt", "mine"),
    ],
)
def test_checkpoint_of_a_run_is_named_with_it(tmp_path: Path, file: str, display: str, stem: str) -> None:
    run = write_run(tmp_path, "seed0", epochs=1)
    path = tmp_path / file
    assert (display_name(path), output_stem(path)) == (display, stem)
    assert run_of(path) == (run if path.parent == run.path else None)


def test_relative_path_inside_the_run_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_run(tmp_path, "seed0", epochs=1).path)
    assert display_name(Path("last.pt")) == "seed0/last.pt"
