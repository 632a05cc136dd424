"""User-facing errors and their exit codes."""

import pytest

from emnist_tui.runs.errors import EmnistTuiError, InterruptedDownloadError, ProgramExitError, UsageError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EmnistTuiError("It failed."), 1),
        (UsageError("It is wrong."), 2),
        (InterruptedDownloadError("Stopped", ""), 130),
    ],
)
def test_every_error_has_the_exit_code_that_scripts_rely_on(error: EmnistTuiError, code: int) -> None:
    assert error.exit_code == code


@pytest.mark.parametrize(
    ("then", "message"),
    [
        ("the same command resumes there", "Stopped at 40 MB; the same command resumes there."),
        ("", "Stopped at 40 MB."),
    ],
)
def test_an_interrupted_download_says_how_far_it_got(then: str, message: str) -> None:
    error = InterruptedDownloadError("Stopped at 40 MB", then)
    assert str(error) == message
    assert error.reached == "Stopped at 40 MB."


def test_an_exit_is_described_by_the_line_that_exits() -> None:
    code = compile("def forward():\n    raise SystemExit(0)\nforward()\n", "/x/net.py", "exec")
    with pytest.raises(SystemExit) as stopped:
        exec(code, {})
    error = ProgramExitError(stopped.value)
    assert str(error) == "/x/net.py, line 2, ended the program; take the exit out of it."
    assert error.exit_code == 1
