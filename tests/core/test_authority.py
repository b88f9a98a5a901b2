"""Texts that are a host with or without port, and the many that only look like one."""

import pytest

from django_aws_api_gateway_websockets.core.authority import (
    Authority,
    read_authority,
    read_url_authority,
)

NO_HOSTS = [
    "",
    " ",
    "[::1].evil.com",
    "[::1]evil.com",
    "[::1]:80.evil.com",
    "[::1",
    "::1",
    "[127.0.0.1]",
    "[evil.com]",
    "[fe80::1%25eth0]",
    "127.0.0.1:evil.com",
    "127.0.0.1:80:80",
    "127.0.0.1:80@evil.com",
    "localhost:-1",
    "localhost:65536",
    "localhost:8001/path",
    "localhost\\@evil.com",
    "user@localhost",
    "localhost,evil.com",
    "localhost evil.com",
    "localhost#",
    "localhost?",
    "localhost..",
    ".localhost",
    "-localhost",
    "localhos\u2060t",
    "\u212aub",
    "localhost:\u0661",
    "a" * 300,
]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("localhost", "localhost", None),
        ("LocalHost:8001", "localhost", 8001),
        ("www.example.com.", "www.example.com", None),
        ("www.example.com:", "www.example.com", None),
        ("web_1:8000", "web_1", 8000),
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[::1]:8001", "::1", 8001),
        ("[0:0::1]", "::1", None),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
    ],
)
def test_a_host_is_read_with_its_port(text, host, port):
    assert read_authority(text) == Authority(host, port)


@pytest.mark.parametrize("text", NO_HOSTS)
def test_an_invalid_host_is_read_as_none(text):
    assert read_authority(text) is None


@pytest.mark.parametrize("text", NO_HOSTS)
def test_no_url_has_such_a_host(text):
    found = read_url_authority(f"https://{text}")

    # A path, a query or a fragment ends the authority of a URL.
    is_ended = any(mark in text for mark in "/?#")
    assert found is None or is_ended


def test_a_url_with_a_user_name_has_no_host_to_compare():
    assert read_url_authority("https://www.example.com@evil.com/") is None
    assert read_url_authority("https://www.example.com/@evil.com") == Authority("www.example.com")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("abc.execute-api.us-east-1.localhost", True),
        ("127.1.2.3", True),
        ("[::1]", True),
        ("localhost.evil.com", False),
        ("evil-localhost", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_loopback_is_told_by_the_whole_host(host, expected):
    authority = read_authority(host)

    assert authority is not None
    assert authority.is_loopback is expected
