"""A response is read as an outcome."""

import pytest

from django_aws_api_gateway_websockets.delivery.http1.response import Response
from django_aws_api_gateway_websockets.delivery.outcome import Outcome, OutcomeKind


def outcome(status, *headers, body=b""):
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    received = b"HTTP/1.1 %d Whatever\r\n%s\r\n" % (status, lines) + body
    return Outcome.of_response("abc=", Response(status, received, body), 1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, OutcomeKind.SENT),
        (204, OutcomeKind.SENT),
        (301, OutcomeKind.REFUSED),
        (400, OutcomeKind.REFUSED),
        (403, OutcomeKind.REFUSED),
        (410, OutcomeKind.GONE),
        (413, OutcomeKind.TOO_LARGE),
        (429, OutcomeKind.THROTTLED),
        (500, OutcomeKind.FAILED),
        (504, OutcomeKind.FAILED),
    ],
)
def test_the_status_decides(status, kind):
    assert outcome(status).kind is kind


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (b"GoneException", "GoneException"),
        (b"BadRequestException:http://internal.amazon.com/coral/", "BadRequestException"),
        (b"com.amazonaws.apigateway#ForbiddenException", "ForbiddenException"),
        (b"com.amazonaws#LimitExceededException:http://a#b", "LimitExceededException"),
    ],
)
def test_the_name_of_the_error_is_freed_of_namespace_and_link(header, code):
    assert outcome(400, (b"x-amzn-ErrorType", header)).error_code == code


def test_the_body_names_the_error_where_the_header_does_not():
    assert (
        outcome(400, body=b'{"__type": "a#BadRequestException"}').error_code
        == "BadRequestException"
    )
    assert outcome(400, body=b'{"code": "BadRequestException"}').error_code == "BadRequestException"


def test_the_status_is_the_error_where_nothing_names_it():
    assert outcome(413).error_code == "413"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"message": "Forbidden"}', "Forbidden"),
        (b'{"Message": "User is not authorized"}', "User is not authorized"),
        (b'{"message": null}', ""),
        (b"", ""),
        (b"<html>", ""),
        (b"[1]", ""),
        (b"\xff", ""),
    ],
)
def test_the_message_comes_from_the_body(body, message):
    assert outcome(403, body=body).message == message


def test_success_has_neither_code_nor_message():
    sent = outcome(200, (b"X-Amzn-RequestId", b"c6af9ac6"), body=b'{"message": "hi"}')

    assert (sent.error_code, sent.message, sent.status) == ("", "", 200)
    assert sent.request_id == "c6af9ac6"
    assert sent.headers == {"x-amzn-requestid": "c6af9ac6"}


def test_an_outcome_without_answer_has_the_reason_only():
    failed = Outcome("abc=", OutcomeKind.FAILED, 3, reason="Connection refused")

    assert failed.message == "Connection refused"
    assert (failed.status, failed.error_code, failed.request_id) == (None, "", "")
    assert failed.headers == {}
