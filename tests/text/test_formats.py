"""Formats of numbers and escaping of foreign text."""

import math

import pytest
from rich.cells import cell_len

from emnist_tui.text import formats
from emnist_tui.text.formats import printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formats.percent(0.9731), "97.3 %"),
        (formats.percent(0), "0.0 %"),
        (formats.percent(1.0), "100.0 %"),
        (formats.percent(0.97312, digits=2), "97.31 %"),
        (formats.points(0.0021), "+0.21 points"),
        (formats.points(-0.00001), "+0.00 points"),
        (formats.points(-0.01, digits=1), "-1.0 points"),
        (formats.points(None), "–"),
        (formats.count(22500), "22,500"),
        (formats.count(0), "0"),
        (formats.count(999.6), "1,000"),
        (formats.loss(0.1023), "0.102"),
        (formats.loss(1234.5), "1,234.500"),
        (formats.rate(1840.2), "1,840 img/s"),
        (formats.number(0.003), "0.003"),
        (formats.number(1e-9), "1e-9"),
        (formats.number(0.004217, 2), "0.0042"),
        (formats.number(100.0), "100"),
        (formats.number(1.5e21), "1.5e21"),
        (formats.number(2.5e-10, 2), "2.5e-10"),
        (formats.number(math.nan), "–"),
        (formats.duration(0), "0 s"),
        (formats.duration(59.4), "59 s"),
        (formats.duration(59.6), "1 m 0 s"),
        (formats.duration(72), "1 m 12 s"),
        (formats.duration(3599.7), "1 h 0 m"),
        (formats.duration(2 * 3600 + 5 * 60 + 9), "2 h 5 m"),
        (formats.duration(26 * 3600), "1 d 2 h"),
        (formats.duration(-1), "–"),
        (formats.epochs(2, 3), "2 of 3"),
        (formats.epochs(2, None), "2"),
        (formats.epochs(None, 3), "–"),
        (formats.date(1e18), "–"),
    ],
)
def test_numbers_are_formatted(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["percent", "count", "loss", "rate", "duration"])
def test_unknown_values_are_a_dash(name: str, unknown: float | None) -> None:
    assert getattr(formats, name)(unknown) == "–"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run [bold]1[/]", "run [bold]1[/]"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("tab\tline\n", "tab\\tline\\n"),
        ("abc\u202egnp", "abc\\u202egnp"),
        ("bad\udcff", "bad\\udcff"),
        ("réseau 数字 שלום", "réseau 数字 שלום"),
    ],
)
def test_control_characters_of_foreign_text_are_escaped(text: str, expected: str) -> None:
    assert printable(text) == expected
    printable(text).encode()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_345, "12 kB"),
        (999_950, "1.0 MB"),
        (3_400_000, "3.4 MB"),
        (2_340_000_000, "2.3 GB"),
        (5 * 10**16, "50,000 TB"),
    ],
)
def test_sizes_have_decimal_units(number: int, text: str) -> None:
    assert formats.size(number) == text


@pytest.mark.parametrize("text", ["", "short", "x" * 40, "漢字" * 20, "a漢" * 20])
@pytest.mark.parametrize("width", [0, 1, 2, 3, 10, 39])
def test_a_shortened_text_fits_and_keeps_both_ends(text: str, width: int) -> None:
    for found in (formats.shortened(text, width), formats.cut(text, width)):
        assert cell_len(found) <= width
        assert found == text or not found or "…" in found
    assert formats.shortened("run-with-a-long-name-lr-01", 14) == "run-with-…r-01"
    assert formats.cut("synthetic digits", 10) == "synthetic…"


def test_a_day_and_a_time_of_day_are_those_of_the_date() -> None:
    assert f"{formats.day(1_700_000_000)} {formats.clock(1_700_000_000)[:5]}" == formats.date(1_700_000_000)
    assert formats.clock(1_700_000_000).endswith(":20")
    assert formats.day(1e30) == formats.clock(1e30) == formats.UNKNOWN


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-5, "1e-5"), (1.0, "1"), (0.1, "0.1"), (0.0123456789, "0.0123456789"), (0.1 + 0.2, "0.30000000000000004")],
)
def test_an_exact_number_is_short_and_none_of_its_digits_is_lost(value: float, text: str) -> None:
    assert formats.exact(value) == text
