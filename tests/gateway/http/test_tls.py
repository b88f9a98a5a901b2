import asyncio
import http.client
import json
import signal
import socket
import ssl
import time
import urllib.error
import urllib.request

import boto3
import pytest
import websockets
from botocore.exceptions import ClientError

from django_aws_api_gateway_websockets.gateway.http.tls import Certificate, CertificateError
from tests.gateway.aws import QUICK, control_plane, deploy_api
from tests.gateway.backend import WAIT, Answer
from tests.gateway.certificates import make_certificate
from tests.gateway.processes import gateway_process, run

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(tmp_path):
    return make_certificate(tmp_path)


@pytest.fixture
def gateway(pair):
    with gateway_process("--cert", str(pair.chain), "--key", str(pair.key)) as gateway:
        yield gateway


def trusting(pair):
    return ssl.create_default_context(cafile=str(pair.chain))


async def test_sockets_posts_and_pages_travel_through_tls(gateway, pair, backend):
    async def echo(request):
        return Answer(body=request.body)

    backend.answer = echo

    def client_of(service, url):
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            verify=str(pair.chain),
            config=QUICK,
        )

    api = await asyncio.to_thread(
        lambda: deploy_api(
            client_of("apigatewayv2", gateway.url), backend.url, replies=("$default",)
        )
    )
    assert gateway.url.startswith("https://127.0.0.1:")
    assert api.url.startswith("wss://127.0.0.1:")
    async with websockets.connect(api.url, ssl=trusting(pair)) as client:
        await client.send(["x" * 30_000] * 4)
        assert await asyncio.wait_for(client.recv(), WAIT) == "x" * 120_000
        (connect,) = backend.on("connect")
        management = client_of("apigatewaymanagementapi", api.management_url)
        await asyncio.to_thread(
            management.post_to_connection,
            ConnectionId=connect.values("connectionId")[0],
            Data=b"posted",
        )
        assert await asyncio.wait_for(client.recv(), WAIT) == "posted"
        code, _ = await asyncio.to_thread(gateway.stop, signal.SIGTERM)
        with pytest.raises(websockets.ConnectionClosed):
            await client.recv()

    assert code == 0
    assert client.close_code == 1001
    assert connect.values("x-forwarded-proto") == ["https"]
    assert len(backend.on("disconnect")) == 1


@pytest.mark.fact("tls-versions")
@pytest.mark.parametrize(
    ("version", "is_spoken"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_1_2_and_1_3_are_spoken_and_nothing_older(gateway, pair, version, is_spoken):
    context = trusting(pair)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version

    if is_spoken:
        assert handshake(gateway, context)
    else:
        with pytest.raises(ssl.SSLError):
            handshake(gateway, context)


def handshake(gateway, context):
    """Return the common name in the gateway's certificate."""
    address = ("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    with (
        socket.create_connection(address, WAIT) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        return dict(item[0] for item in secure.getpeercert()["subject"])["commonName"]


def test_a_renewed_certificate_is_read_at_sighup_and_a_broken_one_is_not(gateway, pair, tmp_path):
    assert handshake(gateway, trusting(pair)) == "gateway"
    new = make_certificate(tmp_path, "renewed")
    new.chain.replace(pair.chain)
    gateway.process.send_signal(signal.SIGHUP)
    wait_for_line(gateway, "cannot be used")
    pair_key = new.key.replace(pair.key)
    gateway.process.send_signal(signal.SIGHUP)
    wait_for_line(gateway, "was read again")

    assert pair_key == pair.key
    assert handshake(gateway, trusting(pair)) == "renewed"


def wait_for_line(gateway, part):
    while part not in gateway.errors:
        assert gateway.process.poll() is None, "the gateway ended"
        time.sleep(0.02)


def test_plain_http_on_a_port_of_tls_is_cut(gateway):
    with pytest.raises((ConnectionError, http.client.HTTPException, urllib.error.URLError)):
        urllib.request.urlopen(f"{gateway.url.replace('https', 'http')}/_gateway/health", timeout=5)


def test_files_that_cannot_be_used_are_named(tmp_path, pair):
    locked = make_certificate(tmp_path, "locked", password="secret")
    other = make_certificate(tmp_path, "other")
    for chain, key in [
        (tmp_path / "none", pair.key),
        (pair.chain, tmp_path / "none"),
        (pair.chain, other.key),
        (locked.chain, locked.key),
        (pair.key, pair.chain),
    ]:
        with pytest.raises(CertificateError) as refused:
            Certificate(chain, key)
        assert str(chain) in str(refused.value)


def test_a_certificate_without_its_key_is_refused(pair):
    refused = run("--cert", str(pair.chain))

    assert refused.returncode == 1
    assert "--key" in refused.stderr


CREDENTIALS = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "long and random"}


@pytest.mark.slow
def test_a_gateway_open_to_others_does_not_take_the_default_secret(pair):
    arguments = ("--host", "0.0.0.0", "--cert", str(pair.chain), "--key", str(pair.key))
    refused = run(*arguments)

    assert refused.returncode == 1
    assert "AWS_SECRET_ACCESS_KEY" in refused.stderr
    with (
        gateway_process("--behind-proxy", **CREDENTIALS) as gateway,
        pytest.raises(ClientError, match="UnrecognizedClient"),
    ):
        control_plane(gateway.url).get_apis()


@pytest.mark.slow
def test_with_tls_it_may_listen_everywhere_and_then_operators_have_to_sign_in(pair):
    arguments = ("--host", "0.0.0.0", "--cert", str(pair.chain), "--key", str(pair.key))
    with gateway_process(*arguments, **CREDENTIALS) as gateway:
        line = gateway.process.stdout.readline().decode()
        page, _, token = line.removeprefix("Live page: ").strip().partition("#")

        assert page == f"{gateway.url}/_gateway/"
        for headers, status in [({}, 401), ({"Authorization": f"Bearer {token}"}, 200)]:
            request = urllib.request.Request(f"{gateway.url}/_gateway/weather", headers=headers)
            try:
                answer = urllib.request.urlopen(request, timeout=5, context=trusting(pair))
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                assert answer.status == status
                assert ("switches" in json.load(answer)) == (status == 200)
