"""The screen in plain ASCII."""

from pathlib import Path

import pytest

from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from emnist_tui.tui.terminal.ascii_filter import is_ascii_only
from tests.support.scripted_runs import write_run
from tests.support.terminal import terminal


@pytest.mark.parametrize(
    ("environment", "is_plain"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "linux"}, True),
        ({"TERM": "vt220"}, True),
        ({"TERM": "xterm", "LANG": "en_US.UTF-8"}, False),
        ({"TERM": "xterm", "LANG": "C.utf8"}, False),
        ({"TERM": "xterm", "LANG": "en_US.ISO-8859-1"}, True),
        ({"TERM": "xterm", "LANG": "en_US.UTF-8", "LC_ALL": "C"}, True),
        ({"TERM": "xterm", "LANG": "de_DE", "LC_CTYPE": "de_DE.UTF-8", "LC_ALL": ""}, False),
    ],
)
def test_the_environment_decides_between_ascii_and_unicode(environment: dict[str, str], is_plain: bool) -> None:
    assert is_ascii_only(environment) is is_plain


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 40), marks=pytest.mark.slow)])
async def test_every_screen_is_ascii(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "settings.toml").write_text('characters = "ascii"\nglyphs = "half-blocks"\n')
    root = tmp_path / "runs"
    file = SettingsFile(tmp_path / "settings.toml")
    async with terminal(root, RunSession(write_run(root)), size, file) as shown:
        for key, words in {
            "1": "mean of",
            "2": "predicted >",
            "3": "rank 1",
            "4": "Runs and",
            "question_mark": "Keys",
        }.items():
            await shown.press(key)
            await shown.shows(words)
            assert shown.text.isascii(), [line for line in shown.text.split("\n") if not line.isascii()]
