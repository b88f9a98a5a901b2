"""The proxies an environment asks for."""

from base64 import b64encode

import pytest

from django_aws_api_gateway_websockets.core.errors import EndpointError
from django_aws_api_gateway_websockets.core.retry import RetryPolicy
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.http1.proxy import Proxy
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.delivery.sender import Sender
from tests.delivery.recording_server import KEYS, REGION, signed_by_botocore
from tests.delivery.tunnel_proxy import TunnelProxy

BODY = b"hello"


def sender_to(url, pool):
    endpoint = Endpoint.parse(url, region=REGION)
    return Sender(endpoint, lambda: KEYS, pool=pool, retries=RetryPolicy(max_attempts=1))


def between(url):
    return Proxy.between(Endpoint.parse(url, region=REGION))


def test_an_https_endpoint_is_reached_through_a_tunnel(tls_server, pool, certificate, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate[0]))
    with TunnelProxy(tls_server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@127.0.0.1:{proxy.port}")

        sender = sender_to("https://api.example.test/prod", pool)
        outcomes = [sender.post(str(number), BODY) for number in range(3)]
        pool.close()

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.SENT}
    # One tunnel for all, and the request in it shows no trace of the proxy.
    [head] = proxy.heads
    assert head == (
        "CONNECT api.example.test:443 HTTP/1.1\r\nHost: api.example.test:443\r\n"
        f"Proxy-Authorization: Basic {b64encode(b'user:p@ss').decode()}\r\n\r\n"
    )
    request = tls_server.arrived[0]
    assert request.target == "/prod/@connections/0"
    assert request.header("proxy-authorization") is None
    assert request.header("authorization") == signed_by_botocore(
        request, host="api.example.test", scheme="https"
    )


@pytest.mark.parametrize("header", ["Via: test", "Content-Length: 0"])
def test_a_tunnel_that_is_refused_fails_with_the_status(header, pool, monkeypatch):
    with TunnelProxy(1, status=407, header=header) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")

        outcome = sender_to("https://api.example.test/prod", pool).post("a", BODY)

    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.message == "the proxy refused a tunnel with status 407"


def test_a_tunnel_is_open_though_its_response_has_a_length(
    tls_server, pool, certificate, monkeypatch
):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate[0]))
    with TunnelProxy(tls_server.port, header="Content-Length: 0") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

        outcome = sender_to("https://api.example.test/prod", pool).post("a", BODY)
        pool.close()

    assert outcome.kind is OutcomeKind.SENT


def test_a_proxy_that_hangs_up_fails_with_the_reason(pool, monkeypatch):
    with TunnelProxy(1, status=None) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

        outcome = sender_to("https://api.example.test/prod", pool).post("a", BODY)

    assert outcome.message == "the proxy closed the connection"


def test_a_certificate_for_another_host_is_refused(tls_server, pool, certificate, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate[0]))
    with TunnelProxy(tls_server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

        outcome = sender_to("https://other.example.test/prod", pool).post("a", BODY)

    assert outcome.kind is OutcomeKind.FAILED
    assert "Hostname mismatch" in outcome.message
    assert tls_server.arrived == []


def test_an_http_endpoint_is_asked_for_with_its_whole_address(server, pool, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://user@127.0.0.1:{server.port}")

    outcome = sender_to("http://api.example.test:8080/prod", pool).post("a=", BODY)

    assert outcome.kind is OutcomeKind.SENT
    [request] = server.arrived
    assert request.target == "http://api.example.test:8080/prod/@connections/a%3D"
    assert request.header("host") == "api.example.test:8080"
    assert request.header("proxy-authorization") == f"Basic {b64encode(b'user:').decode()}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "abc.execute-api.localhost"])
def test_this_machine_is_never_reached_through_a_proxy(monkeypatch, host):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.test:3128")

    assert between(f"http://{host}:8001/prod") is None


def test_no_proxy_excepts_a_host(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.test:3128")
    monkeypatch.setenv("NO_PROXY", ".amazonaws.com")

    assert between("https://abc.execute-api.eu-west-1.amazonaws.com/prod") is None
    assert between("https://api.example.test/prod") == Proxy("proxy.example.test", 3128)


def test_each_scheme_has_its_own_proxy(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://plain.example.test")
    monkeypatch.setenv("HTTPS_PROXY", "http://secure.example.test:3128")

    assert between("http://api.example.test/prod") == Proxy("plain.example.test", 80)
    assert between("https://api.example.test/prod") == Proxy("secure.example.test", 3128)


def test_all_proxy_does_for_both(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example.test:3128")

    assert between("https://api.example.test/prod") == Proxy("proxy.example.test", 3128)


@pytest.mark.parametrize(
    "url",
    ["socks5://127.0.0.1:1080", "http://", "http://host:port", "http://[::1].evil.com:3128"],
)
def test_a_proxy_that_cannot_be_spoken_to_is_an_error(url):
    with pytest.raises(EndpointError, match="HTTPS_PROXY"):
        Proxy.parse(url)


def test_the_password_stays_out_of_representation_and_errors():
    assert "c2VjcmV0" not in repr(Proxy.parse("http://user:secret@proxy.example.test"))
    with pytest.raises(EndpointError) as caught:
        Proxy.parse("socks5://user:secret@proxy.example.test")
    assert "secret" not in str(caught.value)


def test_a_password_of_any_bytes_is_encoded(monkeypatch):
    """As the environment has it: bytes that are no text come as surrogates."""
    monkeypatch.setenv("http_proxy", "http://ada:\udce9@proxy.example.com")

    proxy = Proxy.between(Endpoint.parse("http://api.example.com/prod", region=REGION))

    assert proxy.authorization == "Basic " + b64encode(b"ada:\xe9").decode()
