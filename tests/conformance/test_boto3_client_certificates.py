"""boto3 judges client certificates, and https backends that ask for them."""

import asyncio
import json
import ssl
import stat
import sys
from datetime import timedelta

import pytest
import websockets
from botocore.exceptions import ClientError
from cryptography import x509

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.conformance.control_plane import create_api
from tests.gateway import certificates
from tests.gateway.aws import DeployedApi, control_plane, deploy_api, first_control_plane
from tests.gateway.backend import running_backend

UNKNOWN = {"clientCertificateId": "none"}


@pytest.fixture
def first(gateway):
    return first_control_plane(gateway.url)


@pytest.fixture
def certificate(first):
    """The id of a certificate."""
    return first.generate_client_certificate(description="chat")["clientCertificateId"]


@pytest.mark.fact("client-certificate-calls")
def test_a_certificate_is_made_read_listed_described_and_deleted(first):
    made = first.generate_client_certificate(description="chat", tags={"team": "chat"})
    own = {"clientCertificateId": made["clientCertificateId"]}
    replaced = [{"op": "replace", "path": "/description", "value": "games"}]
    changed = first.update_client_certificate(**own, patchOperations=replaced)
    read = first.get_client_certificate(**own)
    deleted = first.delete_client_certificate(**own)

    statuses = [one.pop("ResponseMetadata")["HTTPStatusCode"] for one in (made, read, deleted)]
    assert statuses == [201, 200, 202]
    assert made["tags"] == {"team": "chat"}
    assert read == made | {"description": "games"}
    assert read.items() <= changed.items()
    for call in (first.get_client_certificate, first.delete_client_certificate):
        with pytest.raises(first.exceptions.NotFoundException, match="Invalid ClientCertificate"):
            call(**own)


@pytest.mark.fact("client-certificate-calls")
def test_a_description_is_taken_out_with_an_empty_text(first, certificate):
    replaced = [{"op": "replace", "path": "/description", "value": ""}]
    first.update_client_certificate(clientCertificateId=certificate, patchOperations=replaced)

    listed = first.get_client_certificates(limit=500)["items"]
    [own] = [one for one in listed if one["clientCertificateId"] == certificate]
    assert "description" not in own
    with pytest.raises(first.exceptions.NotFoundException):
        first.update_client_certificate(**UNKNOWN, patchOperations=replaced)


@pytest.mark.fact("client-certificate-form")
def test_a_certificate_signs_itself_and_lives_a_year(first):
    made = first.generate_client_certificate()
    parsed = x509.load_pem_x509_certificate(made["pemEncodedCertificate"].encode())

    parsed.verify_directly_issued_by(parsed)
    life = parsed.not_valid_after_utc - parsed.not_valid_before_utc
    assert life == timedelta(days=365)
    assert made["createdDate"] == parsed.not_valid_before_utc
    assert made["expirationDate"] == parsed.not_valid_after_utc
    assert "PRIVATE" not in str(made)


@pytest.mark.fact("client-certificate-exists")
def test_a_stage_needs_a_certificate_that_exists(client, api_id, certificate):
    stage = {"ApiId": api_id, "StageName": "prod"}
    with pytest.raises(client.exceptions.BadRequestException, match="ClientCertificateId none"):
        client.create_stage(**stage, ClientCertificateId="none")
    made = client.create_stage(**stage, ClientCertificateId=certificate)
    with pytest.raises(client.exceptions.BadRequestException, match="ClientCertificateId none"):
        client.update_stage(**stage, ClientCertificateId="none")

    assert made["ClientCertificateId"] == certificate
    assert client.get_stage(**stage)["ClientCertificateId"] == certificate


@pytest.mark.fact("client-certificate-in-use")
def test_a_certificate_that_a_stage_has_is_not_deleted(client, api_id, first, certificate):
    stage = {"ApiId": api_id, "StageName": "prod"}
    client.create_stage(**stage, ClientCertificateId=certificate)
    with pytest.raises(first.exceptions.BadRequestException, match=f"{api_id}/prod"):
        first.delete_client_certificate(clientCertificateId=certificate)

    client.update_stage(**stage, ClientCertificateId="")
    first.delete_client_certificate(clientCertificateId=certificate)


@pytest.mark.fact("client-certificate-quota")
def test_the_quota_of_certificates_ends_at_sixty(first):
    there = len(first.get_client_certificates(limit=500)["items"])
    made = [first.generate_client_certificate() for _ in range(60 - there)]
    with pytest.raises(ClientError, match="Maximum number of ClientCertificates for this account"):
        first.generate_client_certificate()

    for one in made:
        first.delete_client_certificate(clientCertificateId=one["clientCertificateId"])


async def test_without_the_package_for_it_a_certificate_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    async with running_gateway(Config(port=0)) as gateway:
        first = first_control_plane(gateway.url)
        with pytest.raises(first.exceptions.BadRequestException, match="pip install cryptography"):
            await asyncio.to_thread(first.generate_client_certificate)

        assert await asyncio.to_thread(lambda: first.get_client_certificates()["items"]) == []


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A certificate for a backend, which the gateway trusts."""
    pair = certificates.make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.chain))
    return pair


def make_stage_with_certificate(gateway_url, backend_url, certificate_id):
    """An API whose stage `test` has a certificate, and whose stage `bare` has none."""
    client = control_plane(gateway_url)
    api = deploy_api(client, backend_url)
    stages = {"ApiId": api.api_id}
    test = client.update_stage(**stages, StageName="test", ClientCertificateId=certificate_id)
    client.create_stage(**stages, StageName="bare", DeploymentId=test["DeploymentId"])
    return api


def address_of(gateway, api):
    """The address of an API's stage in a gateway that has read its state."""
    return f"ws{gateway.url.removeprefix('http')}/_aws/execute-api/{api.api_id}/test"


@pytest.mark.fact("client-certificate")
async def test_only_a_stage_with_a_certificate_reaches_a_backend_that_asks_for_it(pair, caplog):
    async with running_gateway(Config(port=0)) as gateway:
        first = first_control_plane(gateway.url)
        made = await asyncio.to_thread(first.generate_client_certificate)
        pem = made["pemEncodedCertificate"]
        tls = certificates.asking_context(pair, pem, mode=ssl.VerifyMode.CERT_REQUIRED)
        async with running_backend(tls) as backend:
            api: DeployedApi = await asyncio.to_thread(
                make_stage_with_certificate,
                *(gateway.url, backend.url, made["clientCertificateId"]),
            )
            async with websockets.connect(api.url) as socket:
                await socket.send("hello")
                await backend.wait_for("default")
            with pytest.raises(websockets.InvalidStatus) as refused:
                await websockets.connect(f"{api.endpoint}/bare")
            await backend.wait_for("disconnect")

    shown = {request.certificate for request in backend.received}
    assert shown == {ssl.PEM_cert_to_DER_cert(pem)}
    assert refused.value.response.status_code == 502
    assert "may want a client certificate" in caplog.text
    assert "PRIVATE" not in caplog.text


@pytest.mark.fact("client-certificate")
async def test_a_restart_keeps_certificate_and_key_where_only_the_owner_reads_them(pair, tmp_path):
    config = Config(port=0, state_file=tmp_path / "state.json")
    async with running_gateway(config) as gateway:
        first = first_control_plane(gateway.url)
        made = await asyncio.to_thread(first.generate_client_certificate)
        pem = made["pemEncodedCertificate"]
        tls = certificates.asking_context(pair, pem, mode=ssl.VerifyMode.CERT_REQUIRED)
        own = {"clientCertificateId": made["clientCertificateId"]}
        async with running_backend(tls) as backend:
            api = await asyncio.to_thread(
                make_stage_with_certificate, gateway.url, backend.url, *own.values()
            )
            before = await asyncio.to_thread(lambda: first.get_client_certificate(**own))
            await gateway.stop()
            async with running_gateway(config) as again:
                async with websockets.connect(address_of(again, api)):
                    await backend.wait_for("connect")
                client = first_control_plane(again.url)
                after = await asyncio.to_thread(lambda: client.get_client_certificate(**own))

    for response in (before, after):
        del response["ResponseMetadata"]
    assert after == before
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


@pytest.mark.fact("client-certificate")
async def test_a_state_with_the_id_of_no_certificate_is_served_without_one(tmp_path):
    state = tmp_path / "state.json"
    config = Config(port=0, state_file=state)
    async with running_backend() as backend:
        async with running_gateway(config) as gateway:
            first = first_control_plane(gateway.url)
            made = await asyncio.to_thread(first.generate_client_certificate)
            api = await asyncio.to_thread(
                make_stage_with_certificate,
                *(gateway.url, backend.url, made["clientCertificateId"]),
            )
        saved = json.loads(state.read_text())
        del saved["state"]["children"]["clientcertificates"]
        state.write_text(json.dumps(saved))
        async with running_gateway(config) as again:
            async with websockets.connect(address_of(again, api)):
                await backend.wait_for("connect")
            own = {"ApiId": api.api_id, "StageName": "test"}
            stage = await asyncio.to_thread(lambda: control_plane(again.url).get_stage(**own))

    assert stage["ClientCertificateId"] == made["clientCertificateId"]


def test_a_stage_of_another_api_may_have_the_same_certificate(client, certificate):
    for _ in range(2):
        own = {"ApiId": create_api(client)["ApiId"], "StageName": "prod"}
        made = client.create_stage(**own, ClientCertificateId=certificate)

        assert made["ClientCertificateId"] == certificate
