"""Calls to https backends that ask for a client certificate."""

import ssl
from datetime import UTC, datetime
from itertools import count

import pytest

from django_aws_api_gateway_websockets.core.client_certificate import ClientCertificate
from django_aws_api_gateway_websockets.core.events.integration import IntegrationCall
from django_aws_api_gateway_websockets.gateway.control_plane.first_api.certificates import (
    make_certificate,
)
from django_aws_api_gateway_websockets.gateway.integrations.backends import BackendError, Backends
from tests.gateway import certificates
from tests.gateway.backend import WAIT, running_backend

NUMBERS = count()


def new_certificate():
    made = make_certificate(datetime.now(tz=UTC))
    return ClientCertificate(str(next(NUMBERS)), made.members["pemEncodedCertificate"], made.key)


def der(certificate):
    return ssl.PEM_cert_to_DER_cert(certificate.chain)


def call_to(url, certificate):
    headers = (("Host", "backend"), ("Content-Length", "0"))
    return IntegrationCall("POST", f"{url}/a", headers, b"", WAIT, certificate)


@pytest.fixture
def pair(tmp_path, monkeypatch):
    pair = certificates.make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.chain))
    return pair


@pytest.fixture
def backends():
    backends = Backends()
    yield backends
    backends.close()


async def test_a_kept_connection_is_used_only_with_the_certificate_it_has_shown(pair, backends):
    first, second = new_certificate(), new_certificate()
    tls = certificates.asking_context(
        pair, first.chain, second.chain, mode=ssl.VerifyMode.CERT_OPTIONAL
    )
    async with running_backend(tls) as backend:
        for certificate in (first, first, second, None, first, None):
            await backends.send(call_to(backend.url, certificate))

        shown = [request.certificate for request in backend.received]
        assert shown == [der(first)] * 2 + [der(second), None, der(first), None]
        assert backend.connections == 3


async def test_a_backend_that_wants_another_certificate_or_one_at_all_is_an_error(pair, backends):
    known = new_certificate()
    tls = certificates.asking_context(pair, known.chain, mode=ssl.VerifyMode.CERT_REQUIRED)
    async with running_backend(tls) as backend:
        for certificate in (None, new_certificate()):
            with pytest.raises(BackendError, match="may want a client certificate"):
                await backends.send(call_to(backend.url, certificate))
        await backends.send(call_to(backend.url, known))

        assert [request.certificate for request in backend.received] == [der(known)]


async def test_a_certificate_with_the_key_of_another_is_an_error_that_shows_no_key(pair, backends):
    one, other = new_certificate(), new_certificate()
    broken = ClientCertificate("broken", one.chain, other.key)
    with pytest.raises(BackendError, match=r"(?i)key values mismatch"):
        await backends.send(call_to("https://127.0.0.1:9", broken))

    assert "PRIVATE" not in repr(call_to("https://127.0.0.1:9", broken))


async def test_a_backend_without_tls_is_called_whatever_certificate_there_is(backend, backends):
    await backends.send(call_to(backend.url, new_certificate()))
    await backends.send(call_to(backend.url, None))

    assert backend.connections == 1
