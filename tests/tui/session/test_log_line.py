"""Lines of a log: what they are without further facts."""

from emnist_tui.tui.session.log_line import Level, LogLine


def test_a_line_is_plain_and_without_a_time_unless_said() -> None:
    line = LogLine("text")
    assert (line.level, line.time) == (Level.PLAIN, None)
    assert line == LogLine("text", Level.PLAIN)
    assert line != LogLine("text", Level.ERROR)
