"""Commands run in the test's own process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from emnist_tui.cli import main


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
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # argparse
            code = int(stopped.code or 0)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call
