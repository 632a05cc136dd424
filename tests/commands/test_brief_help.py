"""`emnist-tui --help`: what one sees first."""

import pytest

from emnist_tui.cli import _build_parser, main


def test_it_names_every_command_and_fits_on_a_small_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 23  # and the prompt
    named = [name for line in lines for name in line.split()[:1] for name in name.split("|")]
    assert set(_build_parser()[0]) <= set(named)
    assert sum("emnist-tui " in line for line in lines) >= 3  # the examples, and the usage
