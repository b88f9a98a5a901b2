"""The doctor's own requests: with a deadline, through the proxies of an office, and no further."""

import socket
import ssl
import threading
from urllib.parse import urlsplit

import pytest

from django_aws_api_gateway_websockets.management.doctor import address
from django_aws_api_gateway_websockets.management.doctor.case import Case, Options
from django_aws_api_gateway_websockets.management.visit.requests import post, shake_hands
from django_aws_api_gateway_websockets.models import ApiGateway
from tests.delivery.tunnel_proxy import TunnelProxy
from tests.gateway.certificates import make_certificate
from tests.management.doctor.proxy import running_proxy

pytestmark = pytest.mark.any_database


@pytest.fixture
def tls_site(tmp_path, monkeypatch):
    pair = make_certificate(tmp_path, names="DNS:ws.shop.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.chain, pair.key)
    with running_proxy(context) as site:
        site.refuses = {"/": (400, {}, b"no")}
        yield site


def test_a_handshake_goes_through_the_tunnel_of_a_proxy(tls_site, monkeypatch):
    with TunnelProxy(urlsplit(tls_site.url).port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{proxy.port}")

        response = shake_hands("wss://ws.shop.test/production?a=1", {"Origin": "x"}, seconds=10)

    assert (response.status, response.text) == (400, "no")
    assert proxy.heads[0].startswith("CONNECT ws.shop.test:443 HTTP/1.")
    assert "Proxy-Authorization: Basic dXNlcjpwYXNz" in proxy.heads[0]
    [(path, headers)] = tls_site.seen
    assert (path, headers["origin"], headers["upgrade"]) == ("/production?a=1", "x", "websocket")
    assert "proxy-authorization" not in headers


def test_behind_a_proxy_neither_name_nor_certificate_is_looked_at(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    api = ApiGateway(api_id="abc", domain_name="ws.shop.test", custom_domain_created=True)
    case = Case(Options(site="https://www.shop.test"), api)

    found = [address.look_at_dns(case), address.look_at_tls(case)]

    assert [one.sign for one in found] == ["not needed", "not needed"]


def test_a_proxy_that_is_no_address_is_named(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks5://proxy.test")
    api = ApiGateway(api_id="abc", domain_name="ws.shop.test", custom_domain_created=True)

    found = address.look_at_dns(Case(Options(site="https://www.shop.test"), api))

    assert (found.sign, "HTTPS_PROXY" in found.fix) == ("broken", True)


def test_a_name_nobody_tells_in_time_is_not_waited_for(monkeypatch):
    asked = threading.Event()
    monkeypatch.setattr(address, "PROMPT_SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: asked.wait(20))
    api = ApiGateway(api_id="abc", domain_name="ws.shop.test", custom_domain_created=True)

    found = address.look_at_dns(Case(Options(site="https://www.shop.test"), api))
    asked.set()

    assert "Nobody said within 0.05 s where ws.shop.test is." in found.text


def test_a_server_that_says_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"

        with pytest.raises(TimeoutError):
            shake_hands(url, {}, seconds=0.05)


def test_a_redirect_is_not_followed_and_loses_its_query():
    with running_proxy() as site:
        location = {"Location": "/login/?next=/secret/", "Set-Cookie": "sessionid=secret"}
        site.refuses = {"/": (302, location, b"")}

        response = post(f"{site.url}/ws/connect", {}, seconds=10)

    assert (response.status, response.location) == (302, "/login/")
    assert "set-cookie" not in response.headers


def test_a_server_that_speaks_no_http_is_an_error_of_the_system():
    with socket.create_server(("127.0.0.1", 0)) as other:

        def greet() -> None:
            taken, _ = other.accept()
            with taken:
                taken.sendall(b"SSH-2.0\r\n\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        url = f"ws://127.0.0.1:{other.getsockname()[1]}/"

        with pytest.raises(OSError, match="does not speak HTTP"):
            shake_hands(url, {}, seconds=10)
        thread.join(10)
