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


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Mn", "Me", "Mc", "Cf"))))
def test_ascii_takes_as_many_cells(text: str) -> None:
    plain = to_ascii(text)
    assert plain.isascii()
    assert len(plain) == sum(map(cell_len, text))


def test_a_curve_of_braille_keeps_its_heights() -> None:
    assert to_ascii("⠉⠒⠤⣀") == "'-._"
    assert to_ascii("⡇⠀⢸") == "| |"


def test_characters_missing_in_an_encoding_become_ascii() -> None:
    code = (
        "import sys; from emnist_tui.text.ascii_fallback import write_what_the_encoding_lacks_as_ascii as prepare;"
        "prepare(); print('é·97 %'); print('loading …', file=sys.stderr)"
    )
    for encoding, told in {"ascii": "e.97 %", "latin-1": "é·97 %", "utf-8": "é·97 %"}.items():
        variables = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=True)
        assert done.stdout.decode(encoding).strip() == told
        assert done.stderr.decode(encoding).strip() == ("loading …" if encoding == "utf-8" else "loading .")


def test_letters_keep_their_shape() -> None:
    assert to_ascii("é–→…╭─╮│ 12 × 3 日") == "e->.+-+| 12 x 3 ??"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
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
