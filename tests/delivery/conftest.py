"""Servers and senders for the tests of delivery."""

import ssl
import subprocess
from collections import Counter

import pytest

from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.http1.pool import Pool
from django_aws_api_gateway_websockets.delivery.sender import Sender
from tests.delivery.recording_server import KEYS, REGION, RecordingServer

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
BUNDLE_VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No proxy and no certificates from the machine the tests run on."""
    for variable in (*PROXY_VARIABLES, *BUNDLE_VARIABLES):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)


@pytest.fixture
def server():
    with RecordingServer() as running:
        yield running


@pytest.fixture
def pool():
    kept = Pool()
    yield kept
    kept.close()


@pytest.fixture
def sender(server, pool):
    return make_sender(server, pool)


def make_sender(server, pool, *, credentials=lambda: KEYS, **options):
    endpoint = Endpoint.parse(server.url, region=REGION)
    return Sender(endpoint, credentials, pool=pool, **options)


def ids(number):
    """So many connection ids, as AWS writes them."""
    return [f"L0SM9cOFv{index:06}=" for index in range(number)]


def count_kinds(outcomes):
    """Count the outcomes of each kind."""
    return Counter(outcome.kind for outcome in outcomes)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Path of a certificate for this machine, and of its key, signed by nobody else."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=throw-away", "-keyout", "key.pem"),
            *("-out", "certificate.pem", "-addext"),
            "subjectAltName=DNS:localhost,DNS:api.example.test,IP:127.0.0.1",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def tls_server(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with RecordingServer(context) as running:
        yield running
