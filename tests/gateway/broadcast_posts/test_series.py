"""Requests of one shape, told apart by their bytes."""

import pytest

from django_aws_api_gateway_websockets.gateway.broadcast_posts.series import (
    MAX_BYTES,
    MAX_WIRE_ID,
    PostShape,
    end_of_post,
)

BODY = b'{"text": "hello"}'
REQUEST = (
    b"POST /_aws/execute-api/a1b2c3d4e5/prod/@connections/gbgHN0-zjQAYKEjhgA%3D%3D HTTP/1.1\r\n"
    b"Host: localhost\r\nAuthorization: AWS4-HMAC-SHA256 Credential=x, Signature="
    + b"5d" * 32
    + b"\r\n\r\n"
    + BODY
)


def test_the_holes_of_a_request_are_its_id_and_its_signature():
    shape = PostShape.of(REQUEST)
    other = REQUEST.replace(b"gbgHN0", b"AbgHN0").replace(b"5d" * 32, b"e7" * 32)

    assert shape.post_at(0, other) == (b"AbgHN0-zjQAYKEjhgA%3D%3D", b"e7" * 32, len(other))


def test_requests_of_one_shape_are_told_apart_where_they_follow_each_other():
    shape = PostShape.of(REQUEST)
    plainer = REQUEST.replace(b"%3D%3D", b"==")
    came = plainer + REQUEST + REQUEST[:-1]

    wire_id, _, end_of_first = shape.post_at(0, came)
    _, _, end_of_second = shape.post_at(end_of_first, came)

    assert wire_id == b"gbgHN0-zjQAYKEjhgA=="
    assert (end_of_first, end_of_second) == (len(plainer), len(plainer) + len(REQUEST))
    # The last one is not whole.
    assert shape.post_at(end_of_second, came) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"gbgHN0", b"g" * MAX_WIRE_ID),
        (b"localhost", b"elsewhere"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"hello", b"howdy"),
        (b"POST", b"DELETE"),
        (b"5d5d", b""),
    ],
)
def test_a_request_of_another_shape_has_no_holes(old, new):
    assert PostShape.of(REQUEST).post_at(0, REQUEST.replace(old, new)) is None


@pytest.mark.parametrize(
    ("received", "end"),
    [
        (REQUEST.replace(b"Host", b"Content-Length: 17\r\nHost") + b"POST /", -len(b"POST /")),
        (REQUEST.replace(b"Host", b"content-length:17\r\nHost") + REQUEST, -len(REQUEST)),
        (REQUEST.replace(b"Host", b"Content-Length: 9999\r\nHost"), None),
        (REQUEST.replace(b"Host", b"Transfer-Encoding: chunked\r\nHost"), None),
        (REQUEST[:100], None),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + REQUEST, None),
    ],
)
def test_received_bytes_are_cut_only_after_a_post_of_known_length(received, end):
    assert received[: end_of_post(0, received)] == received[:end]


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST.replace(b"POST", b"GET"),
        REQUEST.replace(b"@connections", b"@connection"),
        REQUEST.replace(b"%3D%3D ", b"%3D%3D?a=1 "),
        # The body says what the head does not.
        REQUEST.replace(b"\r\nAuth", b"\r\n\r\nAuth"),
        REQUEST + b"x" * MAX_BYTES,
    ],
)
def test_a_request_that_is_no_plain_signed_post_has_no_shape(request_):
    assert PostShape.of(request_) is None
