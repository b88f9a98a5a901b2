"""Our signatures against botocore's, and `verify` against everybody's."""

import shutil
import socket
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote, urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.core.errors import (
    MissingSignatureError,
    SignatureExpiredError,
    SignatureMismatchError,
    UnknownAccessKeyError,
)
from django_aws_api_gateway_websockets.core.sigv4 import (
    Credentials,
    RequestSigner,
    SignedRequest,
    canonical_path,
    encode_connection_id,
    verify,
)

MOMENT = datetime(2026, 9, 25, 0, 22, 29, tzinfo=UTC)
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HOST = "abc.execute-api.eu-west-1.amazonaws.com"
PATH = "/prod/@connections/L0SM9cOFvHcCIhw%3D"

printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
words = st.text("abcdefghijklmnopqrstuvwxyzABCDXYZ0123456789-", min_size=1, max_size=20)
connection_ids = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{8,16}=?=?", fullmatch=True),
    st.text(min_size=1, max_size=12).filter(lambda text: text not in {".", ".."}),
)
credentials = st.builds(
    Credentials,
    st.from_regex(r"[A-Z0-9]{4,20}", fullmatch=True),
    printable,
    st.none() | st.from_regex(r"[A-Za-z0-9/+=]{1,200}", fullmatch=True),
)
regions = st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "local"])
services = st.sampled_from(["execute-api", "apigateway"])
methods = st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH"])
hosts = st.builds(
    lambda name, port: name + port,
    st.sampled_from([HOST, "localhost", "127.0.0.1", "[::1]"]),
    st.sampled_from(["", ":8001", ":4566"]),
)
moments = st.integers(1_577_836_800, 4_102_444_799).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
paths = st.one_of(
    st.builds(
        lambda stage, id_: f"/{stage}/@connections/{id_}",
        words,
        connection_ids.map(encode_connection_id),
    ),
    st.lists(words | st.sampled_from([".", "..", "", "%2F", "a%3Ab", "~x"]), max_size=6).map(
        lambda segments: "/" + "/".join(segments)
    ),
)
queries = st.lists(
    st.tuples(words, st.text(max_size=8)).map(
        lambda pair: f"{pair[0]}={quote(pair[1], safe='-_.~')}"
    ),
    max_size=4,
).map("&".join)


@st.composite
def cases(draw):
    """Keyword arguments of a `RequestSigner`, the credentials and a path."""
    case = {
        "region": draw(regions),
        "service": draw(services),
        "method": draw(methods),
        "host": draw(hosts),
        "moment": draw(moments),
        "body": draw(st.binary(max_size=300)),
        "query": draw(queries),
    }
    return draw(credentials), case, draw(paths)


def sign(path=PATH, keys=KEYS, **overrides):
    """The request our own signer makes, as a server would see it."""
    case = {
        "region": "eu-west-1",
        "service": "execute-api",
        "method": "POST",
        "host": HOST,
        "moment": MOMENT,
        "body": b'{"hello": "there"}',
        "query": "",
    } | overrides
    signer = RequestSigner(keys, **case)
    headers = [("host", case["host"]), *((name.lower(), value) for name, value in signer.headers)]
    headers.append(("authorization", signer.authorization(canonical_path(path))))
    return SignedRequest(case["method"], path, case["query"], tuple(headers), case["body"])


def sign_with_botocore(monkeypatch, path=PATH, keys=KEYS, *, headers=(), **overrides):
    """The same request signed by botocore, its clock held at `moment`."""
    ours = sign(path, keys, **overrides)
    moment = overrides.get("moment", MOMENT)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment)
    host = dict(ours.headers)["host"]
    url = f"http://{host}{path}" + (f"?{ours.query}" if ours.query else "")
    request = AWSRequest(ours.method, url, headers=dict(headers), data=ours.body)
    botocore.auth.SigV4Auth(
        BotocoreCredentials(keys.access_key, keys.secret_key, keys.session_token),
        overrides.get("service", "execute-api"),
        overrides.get("region", "eu-west-1"),
    ).add_auth(request)
    sent = [("host", host), *((name.lower(), value) for name, value in request.headers.items())]
    return replace(ours, headers=tuple(sent))


def check(request, *, keys=KEYS, moment=MOMENT, **options):
    return verify(
        request, secret_of={keys.access_key: keys.secret_key}.get, moment=moment, **options
    )


def changed(request, **headers):
    """The request with some headers replaced, or taken away where the value is `None`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = [(name, names.pop(name, value)) for name, value in request.headers]
    pairs = [*kept, *names.items()]
    return replace(
        request, headers=tuple((name, value) for name, value in pairs if value is not None)
    )


@settings(max_examples=600, deadline=None)
@given(case=cases())
def test_a_signature_equals_the_one_of_botocore_and_both_are_verified(case):
    keys, arguments, path = case
    with pytest.MonkeyPatch.context() as monkeypatch:
        theirs = sign_with_botocore(monkeypatch, path, keys, **arguments)

    ours = sign(path, keys, **arguments)

    assert sorted(ours.headers) == sorted(theirs.headers)
    verified = check(ours, keys=keys, moment=arguments["moment"], region=arguments["region"])
    assert verified.access_key == keys.access_key
    assert (verified.region, verified.service) == (arguments["region"], arguments["service"])
    assert verified.moment == arguments["moment"]


def test_one_signer_serves_many_connections_with_the_signature_each_would_get_alone():
    signer = RequestSigner(
        KEYS,
        region="eu-west-1",
        service="execute-api",
        method="POST",
        host=HOST,
        moment=MOMENT,
        body=b"x",
    )
    ids = [f"L0SM9cOFvHc{number:04}=" for number in range(50)]
    paths = [canonical_path(f"/prod/@connections/{encode_connection_id(id_)}") for id_ in ids]

    together = [signer.authorization(path) for path in paths]

    alone = [
        RequestSigner(
            KEYS,
            region="eu-west-1",
            service="execute-api",
            method="POST",
            host=HOST,
            moment=MOMENT,
            body=b"x",
        ).authorization(path)
        for path in paths
    ]
    assert together == alone
    assert len(set(together)) == len(ids)


@pytest.mark.parametrize(
    ("connection_id", "wire"),
    [
        ("L0SM9cOFvHcCIhw=", "L0SM9cOFvHcCIhw%3D"),
        ("a-b_c~d.e", "a-b_c~d.e"),
        ("a/b c@é", "a%2Fb%20c%40%C3%A9"),
        (".", "%2E"),
        ("..", "%2E%2E"),
    ],
)
def test_a_connection_id_is_percent_encoded_on_the_wire(connection_id, wire):
    assert encode_connection_id(connection_id) == wire


@pytest.mark.parametrize(
    ("wire", "canonical"),
    [
        (PATH, "/prod/%40connections/L0SM9cOFvHcCIhw%253D"),
        ("", "/"),
        ("/a//b/./c/../d/", "/a/b/d/"),
        ("/..", "/"),
    ],
)
def test_the_canonical_path_is_encoded_twice_and_without_dot_segments(wire, canonical):
    assert canonical_path(wire) == canonical


def test_the_moment_may_be_given_in_any_time_zone():
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert sign(moment=elsewhere) == sign()


def test_secrets_stay_out_of_the_representation():
    text = repr(Credentials("AKIDEXAMPLE", "the secret", "the token"))

    assert "the secret" not in text
    assert "the token" not in text


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

    repeated = replace(request, headers=(*others, ("x-custom", "a"), ("x-custom", "b")))

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

    assert check(replace(signed, query="tag=%41:b")).access_key == KEYS.access_key


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs the curl program")
@pytest.mark.parametrize("path", [PATH, "/prod/%40connections/a=?flag=1&b=2", "/v2/apis"])
def test_what_curl_signs_is_accepted(path):
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
        forged = replace(request, **{part: after.encode() if part == "body" else after})

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
        check(replace(signed, path="/prod/%40connections/abc%253D"))


def test_another_method_is_refused():
    with pytest.raises(SignatureMismatchError):
        check(replace(sign(), method="DELETE"))


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
        check(replace(request, headers=(*request.headers, request.headers[-1])))


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
        check(replace(request, body=b"other"))

    assert signature not in str(caught.value)
    assert KEYS.access_key not in str(caught.value)
    assert KEYS.secret_key not in str(caught.value)
