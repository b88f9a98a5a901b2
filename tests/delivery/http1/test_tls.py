"""The engine trusts the certificates of the environment, tried with a throw-away one."""

import shutil
import subprocess

import pytest
from botocore.httpsession import where

from django_aws_api_gateway_websockets.core.errors import EndpointError
from django_aws_api_gateway_websockets.core.retry import RetryPolicy
from django_aws_api_gateway_websockets.delivery.http1.tls import ca_bundle, client_context
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from tests.delivery.conftest import BUNDLE_VARIABLES, make_sender
from tests.delivery.recording_server import Reply, signed_by_botocore

BODY = b"hello"


@pytest.mark.parametrize("variable", BUNDLE_VARIABLES)
def test_a_bundle_from_the_environment_is_trusted(
    tls_server, pool, certificate, monkeypatch, variable
):
    monkeypatch.setenv(variable, str(certificate[0]))

    outcomes = list(make_sender(tls_server, pool).post_many(map(str, range(300)), BODY))

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.SENT}
    host = f"localhost:{tls_server.port}"
    request = tls_server.arrived[0]
    assert request.header("authorization") == signed_by_botocore(request, host=host, scheme="https")


def test_a_folder_of_certificates_is_trusted(tls_server, pool, certificate, monkeypatch, tmp_path):
    # OpenSSL finds certificates in a folder by the hash of their subject.
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(certificate[0])]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    shutil.copy(certificate[0], tmp_path / f"{name}.0")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path))

    assert make_sender(tls_server, pool).post("a", BODY).kind is OutcomeKind.SENT


def test_a_certificate_nobody_vouches_for_is_refused_with_the_reason(tls_server, pool):
    sender = make_sender(tls_server, pool, retries=RetryPolicy(max_attempts=1))

    outcome = sender.post("a", BODY)

    assert outcome.kind is OutcomeKind.FAILED
    assert "certificate verify failed" in outcome.message
    assert tls_server.arrived == []


def test_connections_with_tls_are_kept_and_reused(tls_server, pool, certificate, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate[0]))
    sender = make_sender(tls_server, pool)

    for number in range(20):
        sender.post(str(number), BODY)

    assert tls_server.peers == 1


def test_closed_connections_with_tls_are_noticed(tls_server, pool, certificate, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate[0]))
    sender = make_sender(tls_server, pool)
    tls_server.default = Reply(drop_after=True)

    outcomes = [sender.post(str(number), BODY) for number in range(50)]

    assert {(outcome.kind, outcome.attempts) for outcome in outcomes} == {(OutcomeKind.SENT, 1)}


def test_the_largest_message_goes_through_tls(tls_server, pool, certificate, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate[0]))

    outcomes = list(make_sender(tls_server, pool).post_many(map(str, range(20)), b"x" * 131_072))

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.SENT}


def test_the_bundle_is_looked_for_in_this_order(monkeypatch, certificate, tmp_path):
    paths = [tmp_path / variable for variable in BUNDLE_VARIABLES]
    for variable, path in zip(BUNDLE_VARIABLES, paths, strict=True):
        shutil.copy(certificate[0], path)
        monkeypatch.setenv(variable, str(path))

    for variable, path in zip(BUNDLE_VARIABLES, paths, strict=True):
        assert ca_bundle() == str(path)
        monkeypatch.delenv(variable)
    assert ca_bundle() == where()


def test_a_bundle_that_does_not_exist_is_named(monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere/bundle.pem")

    with pytest.raises(EndpointError, match=r"AWS_CA_BUNDLE names '/nowhere/bundle.pem'"):
        ca_bundle()


def test_a_bundle_that_is_none_is_named(tmp_path):
    path = tmp_path / "bundle.pem"
    path.write_text("not a certificate")

    with pytest.raises(EndpointError, match=r"bundle\.pem"):
        client_context(str(path))


def test_a_new_connection_resumes_the_tls_of_an_earlier_one(
    tls_server, pool, certificate, monkeypatch
):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate[0]))
    sender = make_sender(tls_server, pool)
    sender.post("a", BODY)

    list(sender.post_many(["b", "c"], BODY))

    sockets = [peer.transport.get_extra_info("ssl_object") for peer in tls_server.open_peers]
    assert sorted(one.session_reused for one in sockets) == [False, True]
