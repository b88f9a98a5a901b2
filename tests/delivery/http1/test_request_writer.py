"""The bytes of a request, and how long a signature is used."""

from datetime import UTC, datetime, timedelta

import pytest

from django_aws_api_gateway_websockets.core.errors import MissingCredentialsError
from django_aws_api_gateway_websockets.core.sigv4.check import SignedRequest, verify
from django_aws_api_gateway_websockets.core.sigv4.sign import Credentials
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.http1.proxy import Proxy
from django_aws_api_gateway_websockets.delivery.http1.request_writer import RequestWriter

START = datetime(2026, 9, 25, 0, 22, 29, tzinfo=UTC)
KEYS = Credentials("AK", "SK")
ENDPOINT = Endpoint.parse("https://abc.example.com/prod", region="eu-west-1")


class Clock:
    """A clock moved by hand."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def move(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


def make_writer(clock, credentials=lambda: KEYS, *, endpoint=ENDPOINT, method="POST", **options):
    options = {"body": b"hello", "proxy": None} | options
    return RequestWriter(endpoint, credentials, method=method, now=clock, **options)


def request_of(writer, connection_id):
    writer.renew()
    return writer.request(connection_id)


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, version = first.split(" ")
    assert version == "HTTP/1.1"
    pairs = [line.split(": ", 1) for line in lines]
    headers = tuple((name.lower(), value) for name, value in pairs)
    return SignedRequest(method, path, "", headers, body)


def signed_at(data):
    """Return the time at which a request was signed, having verified its signature for it."""
    request = parse(data)
    text = dict(request.headers)["x-amz-date"]
    moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return verify(request, secret_of=lambda _key: "SK", moment=moment).moment


def test_a_post_has_these_bytes_and_no_others(clock):
    lines = request_of(make_writer(clock), "a=").split(b"\r\n")

    assert lines[:4] == [
        b"POST /prod/@connections/a%3D HTTP/1.1",
        b"Host: abc.example.com",
        b"X-Amz-Date: 20260925T002229Z",
        b"Content-Length: 5",
    ]
    assert lines[4].startswith(b"Authorization: AWS4-HMAC-SHA256 Credential=AK/20260925/eu-west-1/")
    assert lines[5:] == [b"", b"hello"]


@pytest.mark.parametrize("connection_id", ["abc=", "a/b c", "..", "é\r\nX: y", "%41"])
@pytest.mark.parametrize("base", ["", "/prod", "/_aws/execute-api/a/pr%20od"])
def test_any_connection_id_is_signed_as_it_is_sent(clock, connection_id, base):
    endpoint = Endpoint.parse(f"https://abc.example.com{base}", region="eu-west-1")

    request = parse(request_of(make_writer(clock, endpoint=endpoint), connection_id))

    assert len(request.headers) == 4
    assert verify(request, secret_of=lambda _key: "SK", moment=START).access_key == "AK"


def test_a_forwarding_proxy_is_given_the_whole_address_and_our_name(clock):
    endpoint = Endpoint.parse("http://abc.example.com:8080/prod", region="eu-west-1")
    proxy = Proxy("proxy.example.com", 3128, "Basic dTpw")

    request = parse(request_of(make_writer(clock, endpoint=endpoint, proxy=proxy), "a"))

    assert request.path == "http://abc.example.com:8080/prod/@connections/a"
    assert dict(request.headers)["proxy-authorization"] == "Basic dTpw"


def test_a_signature_is_made_anew_after_a_minute(clock):
    writer = make_writer(clock)
    assert signed_at(request_of(writer, "a")) == START

    clock.move(59)
    assert signed_at(request_of(writer, "a")) == START
    clock.move(1)
    assert signed_at(request_of(writer, "a")) == START + timedelta(seconds=60)


def test_a_clock_that_was_set_back_is_believed(clock):
    writer = make_writer(clock)
    request_of(writer, "a")

    clock.move(-3600)

    assert signed_at(request_of(writer, "a")) == START - timedelta(hours=1)


def test_credentials_are_asked_for_once_a_second(clock):
    asked = []

    def provider():
        asked.append(clock.now)
        return KEYS

    writer = make_writer(clock, provider)
    for _ in range(30):
        request_of(writer, "a")
        clock.move(0.1)

    assert len(asked) == 3


def test_changed_credentials_sign_within_a_second(clock):
    current = [KEYS]
    writer = make_writer(clock, lambda: current[0])
    request_of(writer, "a")
    current[0] = Credentials("NEWAK", "SK", "token")

    clock.move(1)
    request = parse(request_of(writer, "a"))

    assert dict(request.headers)["x-amz-security-token"] == "token"
    assert verify(request, secret_of=lambda _key: "SK", moment=START).access_key == "NEWAK"


@pytest.mark.parametrize(
    "error", [MissingCredentialsError("The role is gone."), OSError(), KeyError()]
)
def test_a_refresh_that_fails_midway_leaves_the_old_credentials_to_aws(clock, error):
    current = [KEYS]

    def provider():
        if not current:
            raise error
        return current[0]

    writer = make_writer(clock, provider)
    request_of(writer, "a")
    current.clear()
    clock.move(120)

    assert signed_at(request_of(writer, "a")) == START + timedelta(seconds=120)


def test_missing_credentials_are_an_error_at_the_start(clock):
    def provider():
        raise MissingCredentialsError("There are none.")

    with pytest.raises(MissingCredentialsError, match="none"):
        request_of(make_writer(clock, provider), "a")
