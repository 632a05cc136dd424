"""A command run in the test's own process, and what it left behind in the terminal."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from emnist_tui.cli import main


@dataclass(frozen=True)
class Result:
    """What a command left behind in the terminal."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Result]


def caller(capsys: pytest.CaptureFixture[str]) -> Call:
    """What runs the command of its arguments."""

    def called(*arguments: object) -> Result:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # argparse
            code = int(stopped.code or 0)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return called
