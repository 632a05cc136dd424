"""Characters replaced by ASCII."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from emnist_tui.text.ascii_fallback import to_ascii


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Mn", "Me", "Mc", "Cf"))))
def test_ascii_has_the_width_of_the_original(text: str) -> None:
    plain = to_ascii(text)
    assert plain.isascii()
    assert len(plain) == sum(map(cell_len, text))


def test_a_curve_of_braille_keeps_its_heights() -> None:
    assert to_ascii("⠉⠒⠤⣀") == "'-._"
    assert to_ascii("⡇⠀⢸") == "| |"


def test_letters_keep_their_shape() -> None:
    assert to_ascii("é–→…╭─╮│ 12 × 3 ± 日") == "e->.+-+| 12 x 3 ~ ??"


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", "e.97 %"), ("latin-1", "é·97 %"), ("utf-8", "é·97 %")])
def test_characters_missing_from_the_encoding_are_replaced(encoding: str, shown: str) -> None:
    code = (
        "import sys; from emnist_tui.text.ascii_fallback import write_unencodable_as_ascii as prepare;"
        "prepare(); print('é·97 %'); print('loading …', file=sys.stderr)"
    )
    variables = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=True)
    assert done.stdout.decode(encoding).strip() == shown
    assert done.stderr.decode(encoding).strip() == ("loading …" if encoding == "utf-8" else "loading .")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "utf-8:strict"])
def test_undecodable_bytes_of_a_path_are_written_as_they_are(encoding: str) -> None:
    code = (
        "import sys; from emnist_tui.text.ascii_fallback import write_unencodable_as_ascii as prepare;"
        "prepare(); print('a\\udcff\\udce9·\\ud800')"
    )
    variables = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=True)
    middle = {"ascii": b".", "latin-1": b"\xb7"}.get(encoding, "·".encode())
    assert done.stdout == b"a\xff\xe9" + middle + b"?\n"
