"""Paths as typed and pasted."""

import contextlib
import shlex
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.user_paths import pasted_path, typed_path

HOME = "/home/someone"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", HOME)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("digits", "digits"),
        ("/a b/c", "/a b/c"),
        ("~", HOME),
        ("~/x", f"{HOME}/x"),
        ("./~", "~"),
        ("digits/~", "digits/~"),
        ("./-", "-"),
        ("file:///a%20b/%E2%82%AC%25", "/a b/€%"),
        ("file:/a", "/a"),
        ("FILE://localhost/a", "/a"),
        (f"file://{socket.gethostname()}/a#b?c", "/a#b?c"),
        ("files/x", "files/x"),
    ],
)
def test_typed_path_is_understood(text: str, path: str) -> None:
    assert typed_path(text) == Path(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("~no-user-of-this-name/x", "no home folder ~no-user-of-this-name;"),
        ("file://elsewhere/x", "on another machine"),
        ("file:///a%00b", "null character"),
        ("-", "standard input or output"),
    ],
)
def test_path_that_cannot_be_meant_is_refused(text: str, problem: str) -> None:
    for understand in (typed_path, pasted_path):
        with pytest.raises(UsageError, match=problem):
            understand(text)


def test_existing_file_may_begin_with_a_tilde() -> None:
    Path("~no-user.pt").touch()
    assert typed_path("~no-user.pt") == Path("~no-user.pt")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("'/a b'", "/a b"),
        ('"/a b"', "/a b"),
        ("  /a  ", "/a"),
        ("' /a '", "/a"),
        ("/a\\ b\\(1\\)", "/a b(1)"),
        ("'/it'\\''s'", "/it's"),
        ("/my data/gzip.zip", "/my data/gzip.zip"),
        ("/it's", "/it's"),
        ("'~/x y'", f"{HOME}/x y"),
        ("'file:///a%20b'", "/a b"),
    ],
)
def test_pasted_path_is_understood(text: str, path: str) -> None:
    assert pasted_path(text) == Path(path)


def test_existing_file_may_hold_quotes_and_backslashes(tmp_path: Path) -> None:
    for name in ("'a'", '"', "a\\b"):
        (tmp_path / name).touch()
        assert pasted_path(str(tmp_path / name)) == tmp_path / name


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).map(lambda text: "/x/" + text))
def test_path_escaped_for_a_shell_is_itself(path: str) -> None:
    if path == path.strip():
        assert pasted_path(shlex.quote(path)) == Path(path)


@given(st.text())
def test_any_text_is_a_path_or_refused(text: str) -> None:
    for understand in (typed_path, pasted_path):
        with contextlib.suppress(UsageError):
            understand(text)


@pytest.mark.parametrize("text", ["x" * 300, "/" + "x" * 5_000, "a/" * 4_000, "é" * 200])
def test_a_path_that_is_too_long_is_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="cannot exist; write a shorter one"):
        typed_path(text)
    assert typed_path("x" * 200) == Path("x" * 200)
