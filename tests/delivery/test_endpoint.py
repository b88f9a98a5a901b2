"""A URL is read as an endpoint, or refused."""

import pytest

from django_aws_api_gateway_websockets.core.errors import EndpointError
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint


def parse(url):
    return Endpoint.parse(url, region="eu-west-1")


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "base_path"),
    [
        ("https://abc.example.com/prod", "https", "abc.example.com", 443, "/prod"),
        ("http://localhost:8001/prod/", "http", "localhost", 8001, "/prod"),
        ("http://127.0.0.1", "http", "127.0.0.1", 80, ""),
        ("https://Example.COM:443/", "https", "example.com", 443, ""),
        ("http://[::1]:8001/_aws/abc/prod", "http", "::1", 8001, "/_aws/abc/prod"),
        ("https://bücher.example/größe", "https", "xn--bcher-kva.example", 443, "/gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_url_is_taken_apart(url, scheme, host, port, base_path):
    assert parse(url) == Endpoint(scheme, host, port, base_path, "eu-west-1")


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://example.com:443/prod", "example.com"),
        ("http://example.com:80/prod", "example.com"),
        ("https://example.com:80/prod", "example.com:80"),
        ("http://[::1]:8001/prod", "[::1]:8001"),
        ("http://[::1]/prod", "[::1]"),
    ],
)
def test_the_host_header_has_no_default_port(url, authority):
    assert parse(url).authority == authority


def test_an_endpoint_can_be_written_again():
    assert parse("HTTPS://Example.com:443/prod/").url == "https://example.com/prod"


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        ("http://localhost:8001", True),
        ("http://abc.execute-api.us-east-1.localhost:8001", True),
        ("http://127.1.2.3", True),
        ("http://[::1]", True),
        ("http://10.0.0.1", False),
        ("https://example.com", False),
        ("https://localhost.example.com", False),
    ],
)
def test_this_machine_is_known(url, is_loopback):
    assert parse(url).is_loopback is is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/prod",
        "//example.com/prod",
        "wss://example.com/prod",
        "https:///prod",
        "https://example.com/prod?x=1",
        "https://example.com/prod#x",
        "https://example.com:port/prod",
        "https://example.com:99999/prod",
        "https://example.com/pr od",
        "https://example.com/prod\r\nX-Injected: yes",
        "https://[::1/prod",
        "https://[::1].example.com/prod",
        "https://example.com:443.evil.com/prod",
        "https://" + "ü" * 100 + ".example/prod",
    ],
)
def test_nonsense_is_refused_with_its_name(url):
    with pytest.raises(EndpointError, match="endpoint"):
        parse(url)


def test_a_user_name_is_refused_without_the_password():
    with pytest.raises(EndpointError, match="user name") as caught:
        parse("https://user:secret@example.com/prod")

    assert "secret" not in str(caught.value)


def test_a_region_is_needed():
    with pytest.raises(EndpointError, match="region"):
        Endpoint.parse("https://example.com/prod", region="")
