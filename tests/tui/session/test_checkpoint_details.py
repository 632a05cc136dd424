"""Details of bare checkpoints; the answers of the subprocess are tested in tests/tui/screens/test_runs.py."""

import json
import sys
import time
from pathlib import Path

import pytest

from emnist_tui.runs.listing import Entry, bare_checkpoint
from emnist_tui.tui.session.checkpoint_details import CheckpointDetails
from tests.support.terminal import PATIENCE


def answer_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_details_come_once_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.pt").touch()
    expected = Entry.from_json({**bare_checkpoint(root / "a.pt").to_json(), "model": "baseline"})
    answer_by(tmp_path, monkeypatch, f"echo '{json.dumps([expected.to_json()])}'")
    details = CheckpointDetails(root)
    assert details.entries() == [bare_checkpoint(root / "a.pt")]
    end = time.monotonic() + PATIENCE
    while details.entries() != [expected]:
        assert time.monotonic() < end
        time.sleep(0.01)
    details.close()


def test_a_program_that_cannot_start_leaves_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pt").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    details = CheckpointDetails(tmp_path)
    assert details.entries() == [bare_checkpoint(tmp_path / "a.pt")]
    details.close()
