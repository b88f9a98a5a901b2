"""Signatures `verify` accepts from anybody, and everything it refuses."""

import shutil
import socket
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.core.errors import (
    MissingSignatureError,
    SignatureExpiredError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
from django_aws_api_gateway_websockets.core.sigv4.check import SignedRequest, verify
from django_aws_api_gateway_websockets.core.sigv4.sign import Credentials
from tests.core.signing import KEYS, MOMENT, PATH, changed, check, sign, sign_with_botocore


@pytest.mark.parametrize(
    "path",
    [
        "/prod/@connections/L0SM9cOFvHcCIhw=",
        "/prod/@connections/L0SM9cOFvHcCIhw%3D",
        "/prod/%40connections/L0SM9cOFvHcCIhw=",
        "/prod/%40connections/L0SM9cOFvHcCIhw%3D",
    ],
)
def test_every_usual_way_to_write_the_path_is_accepted(monkeypatch, path):
    assert check(sign(path)).access_key == KEYS.access_key
    assert check(sign_with_botocore(monkeypatch, path)).access_key == KEYS.access_key


def test_more_signed_headers_than_ours_are_accepted(monkeypatch):
    headers = {"Content-Type": "text/plain", "X-Custom": "  two   words ", "X-Amz-Meta": "a"}

    request = sign_with_botocore(monkeypatch, headers=headers)

    assert check(request).access_key == KEYS.access_key


def test_a_repeated_signed_header_counts_with_all_its_values(monkeypatch):
    request = sign_with_botocore(monkeypatch, headers={"X-Custom": "a,b"})
    others = tuple(pair for pair in request.headers if pair[0] != "x-custom")

    repeated = request._replace(headers=(*others, ("x-custom", "a"), ("x-custom", "b")))

    assert check(repeated).access_key == KEYS.access_key


def test_a_date_header_does_instead_of_x_amz_date(monkeypatch):
    # A zone of -0000 is UTC, and not the zone of this machine.
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()

    request = sign_with_botocore(monkeypatch, headers={"Date": "set by botocore"})

    assert dict(request.headers)["date"] == "Fri, 25 Sep 2026 00:22:29 -0000"
    assert check(request).moment == MOMENT
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("query", ["b=2&a=1", "a=x%20y&a=%2F", "flag", "a=%41"])
def test_a_query_is_accepted_as_sent_and_as_canonical(monkeypatch, query):
    assert check(sign_with_botocore(monkeypatch, query=query)).access_key == KEYS.access_key


def test_a_query_signed_decoded_and_encoded_again_is_accepted():
    signed = sign(query="tag=A%3Ab")

    assert check(signed._replace(query="tag=%41:b")).access_key == KEYS.access_key


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs the curl program")
@pytest.mark.parametrize("path", [PATH, "/prod/%40connections/a=?flag=1&b=2", "/v2/apis"])
def test_a_request_signed_by_curl_is_accepted(path):
    arrived: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def answer_once():
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            while not b"".join(arrived).endswith(b"hello"):
                arrived.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    server = threading.Thread(target=answer_once, daemon=True)
    server.start()
    subprocess.run(
        [
            *("curl", "-s", "--max-time", "10", "--noproxy", "*", "--data", "hello"),
            *("--aws-sigv4", "aws:amz:eu-west-1:execute-api", "--user", f"AK:{KEYS.secret_key}"),
            f"http://127.0.0.1:{port}{path}",
        ],
        check=True,
    )
    server.join(10)
    listener.close()

    lines = b"".join(arrived).decode().partition("\r\n\r\n")[0].split("\r\n")
    pairs = [line.split(": ", 1) for line in lines[1:]]
    target = urlsplit(lines[0].split()[1])
    headers = tuple((name.lower(), value) for name, value in pairs)
    request = SignedRequest("POST", target.path, target.query, headers, b"hello")
    verified = verify(request, secret_of={"AK": KEYS.secret_key}.get, moment=datetime.now(UTC))
    assert verified.service == "execute-api"


def replaced_byte(text, position, byte):
    return text[:position] + chr(byte) + text[position + 1 :]


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_changed_byte_of_path_query_body_signed_header_or_signature_is_refused(data):
    request = sign(keys=Credentials("AK", "SK", "a/token+"), query="a=1&b=2")
    headers = dict(request.headers)
    signature_at = headers["authorization"].index("Signature=") + len("Signature=")
    part = data.draw(
        st.sampled_from(["path", "query", "body", "host", "x-amz-security-token", "authorization"])
    )
    before = {
        "path": request.path,
        "query": request.query,
        "body": request.body.decode(),
        **headers,
    }[part]
    position = data.draw(
        st.integers(signature_at if part == "authorization" else 0, len(before) - 1)
    )
    byte = data.draw(st.integers(33, 126))
    assume(chr(byte) != before[position])

    after = replaced_byte(before, position, byte)
    if part in headers:
        forged = changed(request, **{part: after})
    else:
        forged = request._replace(**{part: after.encode() if part == "body" else after})

    # Only a comma or a slash in the signature's place makes the header unreadable instead of wrong.
    with pytest.raises((SignatureMismatchError, MissingSignatureError)):
        verify(forged, secret_of={"AK": "SK"}.get, moment=MOMENT)


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(33, 126))
def test_any_changed_byte_of_the_date_is_refused(position, byte):
    request = sign()
    before = dict(request.headers)["x-amz-date"]
    after = replaced_byte(before, position % len(before), byte)
    assume(after != before)

    with pytest.raises((SignatureMismatchError, SignatureExpiredError, MissingSignatureError)):
        check(changed(request, x_amz_date=after), max_skew_seconds=300)


def test_a_path_that_equals_the_canonical_form_of_another_is_refused():
    signed = sign("/prod/@connections/abc%3D")

    with pytest.raises(SignatureMismatchError):
        check(signed._replace(path="/prod/%40connections/abc%253D"))


def test_another_method_is_refused():
    with pytest.raises(SignatureMismatchError):
        check(sign()._replace(method="DELETE"))


def test_an_unsigned_payload_is_refused(monkeypatch):
    headers = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}

    with pytest.raises(SignatureMismatchError):
        check(sign_with_botocore(monkeypatch, headers=headers))


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic dXNlcjpwYXNz",
        "AWS4-HMAC-SHA256 Credential=AK/20260925/eu-west-1/execute-api/aws4_request",
    ],
)
def test_a_request_without_a_whole_signature_is_told_so(authorization):
    with pytest.raises(MissingSignatureError, match="AWS4-HMAC-SHA256"):
        check(changed(sign(), authorization=authorization))


def test_two_authorization_headers_are_refused():
    request = sign()

    with pytest.raises(MissingSignatureError):
        check(request._replace(headers=(*request.headers, request.headers[-1])))


@pytest.mark.parametrize(
    "date",
    [
        None,
        "yesterday",
        "Fri, 99 Sep 2026 00:22:29 GMT",
        "31 Dec 9999 23:59 -2359",
    ],
)
def test_a_request_without_a_readable_date_is_told_so(date):
    with pytest.raises(MissingSignatureError, match="X-Amz-Date"):
        check(changed(sign(), x_amz_date=date))


def test_an_unknown_access_key_is_refused():
    with pytest.raises(UnknownAccessKeyError):
        verify(sign(), secret_of=lambda _access_key: None, moment=MOMENT)


def test_a_wrong_secret_is_refused():
    with pytest.raises(SignatureMismatchError):
        check(sign(), keys=replace(KEYS, secret_key="another"))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_signature_further_than_five_minutes_away_is_refused(seconds):
    with pytest.raises(SignatureExpiredError, match="300 seconds"):
        check(sign(), moment=MOMENT + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_signature_within_five_minutes_is_accepted(seconds):
    assert check(sign(), moment=MOMENT + timedelta(seconds=seconds)).moment == MOMENT


def test_the_wrong_region_is_refused_when_one_is_asked_for():
    with pytest.raises(SignatureMismatchError, match="us-west-2"):
        check(sign(), region="us-west-2")


def test_another_service_is_refused():
    with pytest.raises(SignatureMismatchError, match="'s3'"):
        check(sign(service="s3"))


def test_a_scope_of_another_day_is_refused():
    request = sign()
    authorization = dict(request.headers)["authorization"].replace("/20260925/", "/20260924/")

    with pytest.raises(SignatureMismatchError, match="date"):
        check(changed(request, authorization=authorization))


def test_the_host_must_be_signed():
    request = sign()
    authorization = dict(request.headers)["authorization"].replace("=host;", "=")

    with pytest.raises(SignatureMismatchError, match="Host"):
        check(changed(request, authorization=authorization))


def test_a_signed_header_that_did_not_arrive_is_named(monkeypatch):
    request = sign_with_botocore(monkeypatch, headers={"X-Custom": "a"})

    with pytest.raises(SignatureMismatchError, match="'x-custom'"):
        check(changed(request, x_custom=None))


def test_no_error_shows_a_signature_or_a_key():
    request = sign()
    signature = dict(request.headers)["authorization"].rpartition("=")[2]

    with pytest.raises(SignatureMismatchError) as caught:
        check(request._replace(body=b"other"))

    assert signature not in str(caught.value)
    assert KEYS.access_key not in str(caught.value)
    assert KEYS.secret_key not in str(caught.value)
