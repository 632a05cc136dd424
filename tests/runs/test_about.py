"""Tags and notes of runs, in about.json."""

import json
import os
from pathlib import Path

import pytest

from emnist_tui.runs.about import About, explain_bad_note, explain_bad_tags, parse_tags, read_about, write_about
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder
from tests.support.other_user import NEEDS_ROOT, public, run_as_nobody
from tests.support.scripted_runs import write_run

__all__ = ["public"]


def test_tags_and_note_are_read_back(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    assert read_about(run) == About()
    write_about(run, ["good", "größer"], "lr zu hoch?")
    assert read_about(run) == About(("good", "größer"), "lr zu hoch?")


def test_keys_of_other_programs_are_kept(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    run.about.write_text('{"format": 7, "color": [1, 2], "tags": ["old"]}')
    write_about(run, ["new"], "")
    assert json.loads(run.about.read_text()) == {"format": 7, "color": [1, 2], "tags": ["new"], "note": ""}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"tags": "no list", "note": 5}', About()),
        ('{"tags": ["a", 5, null, ["b"], "", "c"], "note": null}', About(("a", "c"))),
        ('{"tags": ["\\ud800", "\\u001b[31m"], "note": "two\\nlines"}', About(("\ud800", "\x1b[31m"), "two\nlines")),
        ("{}", About()),
    ],
)
def test_values_of_a_wrong_type_are_ignored(tmp_path: Path, content: str, expected: About) -> None:
    run = write_run(tmp_path)
    run.about.write_text(content)
    assert read_about(run) == expected


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, '{"note": "' + "x" * 70_000 + '"}', "\xff"])
def test_a_damaged_file_is_told_and_never_overwritten(tmp_path: Path, content: str) -> None:
    run = write_run(tmp_path)
    run.about.write_text(content, encoding="latin-1")
    found = read_about(run)
    assert (found.tags, found.note) == ((), "")
    assert found.problem
    assert str(run.about) in found.problem
    with pytest.raises(EmnistTuiError, match="repair it or delete it"):
        write_about(run, ["mine"], "")
    assert run.about.read_text(encoding="latin-1") == content


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    os.mkfifo(run.about)
    assert "not a regular file" in (read_about(run).problem or "")


def test_a_folder_that_is_gone_is_explained(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError, match="cannot be written"):
        write_about(RunFolder(tmp_path / "gone"), [], "note")


def test_tags_are_words() -> None:
    assert parse_tags(" a, b  a,c ") == ["a", "b", "c"]
    assert explain_bad_tags("a b") is None
    assert explain_bad_tags("x" * 41) == "must be words of at most 40 letters"
    assert explain_bad_tags("\x1b[31m") == "must be words of at most 40 letters"
    assert explain_bad_tags(" ".join(map(str, range(21)))) == "must be at most 20 tags"
    assert explain_bad_note("x" * 2001) == "must be at most 2,000 letters"
    assert explain_bad_note("") is None


@NEEDS_ROOT
def test_a_read_only_run_is_explained_in_one_sentence(public: Path) -> None:
    run = write_run(public, "mine")
    imports = "from pathlib import Path; from emnist_tui.runs.about import write_about; " + (
        "from emnist_tui.runs.folder import RunFolder"
    )
    code = f"try: write_about(RunFolder(Path({str(run.path)!r})), ['a'], '')\nexcept Exception as e: print(e)"
    said = run_as_nobody(imports, code)
    assert said.startswith(f"{run.path} cannot be written (Permission denied);")
