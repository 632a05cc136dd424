import pytest

from emnist_tui.web.origins import is_own_host, is_same_host


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "LocalHost:1", "localhost.:8000", "127.0.0.1:8000", "[::1]:8000", "10.0.0.7"],
)
def test_plain_addresses_and_own_names_are_this_server(host: str) -> None:
    assert is_own_host(host, {"localhost"})


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[::1",
        "a@localhost.b",
    ],
)
def test_other_names_are_not_this_server(host: str) -> None:
    assert not is_own_host(host, {"localhost"})


def test_a_configured_name_is_this_server() -> None:
    assert is_own_host("gpubox:8000", {"localhost", "GPUbox"})


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("https://gpubox", "GPUbox", True),
        ("http://127.0.0.1:9000", "127.0.0.1:8000", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("http://evil.example", "127.0.0.1:8000", False),
        ("null", "127.0.0.1:8000", False),
        ("", "", False),
        ("http://[::1", "[::1", False),
    ],
)
def test_an_origin_needs_the_same_host_and_port(origin: str, host: str, same: bool) -> None:
    assert is_same_host(origin, host) is same
