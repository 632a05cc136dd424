"""Address of the official archive."""

import pytest

from emnist_tui.runs.official_archive import OFFICIAL_URL, URL_VARIABLE, source_url, without_password


def test_a_requested_address_comes_before_the_environment_and_the_official_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL_VARIABLE, "")
    assert source_url() == OFFICIAL_URL
    monkeypatch.setenv(URL_VARIABLE, "http://mirror/gzip.zip")
    assert source_url() == "http://mirror/gzip.zip"
    assert source_url("http://other/gzip.zip") == "http://other/gzip.zip"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:secret@host/gzip.zip", "http://host/gzip.zip"),
        ("//user@host/gzip.zip", "//host/gzip.zip"),
        ("http://host/a@b?c=d@e", "http://host/a@b?c=d@e"),
    ],
)
def test_passwords_are_removed_from_urls(url: str, shown: str) -> None:
    assert without_password(url) == shown
