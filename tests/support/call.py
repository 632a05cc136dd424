"""Commands run in the test's own process."""

import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from emnist_tui.cli import main
from emnist_tui.runs.signals import ENDING


@dataclass(frozen=True)
class Result:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Result]


def caller(capsys: pytest.CaptureFixture[str]) -> Call:
    """Build a function that runs a command and captures its output."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        handlers = {number: signal.getsignal(number) for number in ENDING}
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # argparse
            code = int(stopped.code or 0)
        finally:  # a command that a signal ended ignores further ones
            for number, handler in handlers.items():
                signal.signal(number, handler)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


def check_refused(result: Result, code: int, *phrases: str) -> None:
    """Check for one sentence at the end of stderr, and nothing on stdout."""
    assert result.code == code, result.err
    assert result.out == ""
    lines = result.err.split("\n")
    assert [line for line in lines if line.startswith("emnist-tui: ")] == [lines[-2]], result.err
    assert lines[-1] == ""
    assert "Traceback" not in result.err
    assert "Unexpected" not in result.err
    assert "\x1b" not in result.err
    for phrase in phrases:
        assert phrase in lines[-2]
