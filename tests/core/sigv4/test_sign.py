"""Our signatures against those of botocore."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.core.errors import UnusableCredentialsError
from django_aws_api_gateway_websockets.core.sigv4.sign import (
    Credentials,
    RequestSigner,
    canonical_path,
    encode_connection_id,
)
from tests.core.signing import HOST, KEYS, MOMENT, PATH, check, sign, sign_with_botocore

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


@pytest.mark.slow
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
    ("values", "named"),
    [
        (("AK\u0416", "SK", None), "access key"),
        (("AK", "SK", "a-token-\u0416"), "session token"),
        (("AK", "SK", "token\r\nX-Injected: yes"), "session token"),
        (("AK\n", "SK", None), "access key"),
        (("AK", "SK\udc80", None), "secret key"),
        (("AK", "SK", "\udc80"), "session token"),
    ],
)
def test_credentials_that_no_request_can_carry_are_refused_without_being_shown(values, named):
    with pytest.raises(UnusableCredentialsError, match=f"The {named} of the AWS") as refused:
        Credentials(*values)

    assert not any(value and value in str(refused.value) for value in values if value != "SK")


def test_credentials_of_any_other_characters_are_taken():
    assert Credentials("AK\xe9", "SK\u0416", "a token").session_token == "a token"
