import json

import pytest

from django_aws_api_gateway_websockets.core.closures import Closure
from django_aws_api_gateway_websockets.core.error_frames import GatewayMessage
from django_aws_api_gateway_websockets.gateway.http.messages import HttpResponse, forbidden
from django_aws_api_gateway_websockets.gateway.http.targets import ConnectionTarget
from django_aws_api_gateway_websockets.gateway.journal.access_log import AccessLog
from django_aws_api_gateway_websockets.gateway.journal.entries import (
    CallEntry,
    IntegrationResult,
    Journal,
    RefusalEntry,
    SocketEntry,
)
from tests.gateway.contexts import context

GONE = HttpResponse(410, (("x-amzn-RequestId", "uuid"), ("x-amz-apigw-id", "short=")))
CONTROLS = [chr(code) for code in (*range(32), *range(127, 160), 0x2028, 0x2029, 0xFEFF)]


def call(answer):
    target = ConnectionTarget("abc", "test", "id==")
    headers = (("Host", "127.0.0.1:8001"), ("user-agent", "Boto3"))
    return CallEntry("POST", target, answer, 1_790_295_784_000, 3, headers, "192.0.2.1")


def refused(target, answer=None, **changes):
    values = {"source_ip": "192.0.2.1", "requested_at_ms": 5, "request_id": "request="}
    return RefusalEntry(target, answer or forbidden(), **values | changes)


def lines_of(entries, line_format="json", formats=None):
    lines, journal = [], Journal()
    log = AccessLog(line_format, lines.append, format_of=lambda *stage: (formats or {}).get(stage))
    log.follow(journal)
    for entry in entries:
        journal.record(entry)
    return lines


@pytest.mark.parametrize("line_format", ["json", "$context.identity.userAgent $context.routeKey"])
def test_hostile_values_write_a_line_each_and_no_control_character(line_format):
    hostile = [f"{character}evil\r\n{character}" for character in CONTROLS] * 20
    entries = [SocketEntry(context(user_agent=text, route_key=text), 200) for text in hostile]
    lines = lines_of(entries, line_format)

    assert len(lines) == len(hostile)
    assert all(len(line.splitlines()) == 1 and line.isprintable() for line in lines)


def test_a_token_is_redacted_wherever_it_stands():
    entry = SocketEntry(
        context(user_agent="ws_token=SECRET", closure=Closure(4000, "ws_token=SECRET")),
        101,
        target="/test?ws_token=SECRET",
    )
    formats = ("json", "$context.path $context.identity.userAgent $context.disconnectReason")

    for line_format in formats:
        (line,) = lines_of([entry], line_format)
        assert "SECRET" not in line
        assert line.count("[redacted]") == 3


def test_a_line_of_json_has_what_the_entry_has_and_numbers_as_numbers():
    entry = SocketEntry(
        context(message_id="m="),
        504,
        IntegrationResult(None, 29_000, "no answer"),
        GatewayMessage.TIMED_OUT,
        byte_count=12,
    )
    (line,) = lines_of([entry])

    assert json.loads(line) == {
        "requestTimeEpoch": 1_790_295_784_000,
        "eventType": "MESSAGE",
        "routeKey": "$default",
        "status": 504,
        "connectionId": "id==",
        "requestId": "request=",
        "apiId": "abc",
        "stage": "test",
        "identity.sourceIp": "192.0.2.1",
        "messageBytes": 12,
        "integrationLatency": 29000,
        "integrationErrorMessage": "no answer",
        "error.message": "Endpoint request timed out",
        "error.responseType": "INTEGRATION_TIMEOUT",
    }


def test_a_format_is_filled_in_as_aws_does():
    line_format = (
        '{"id":"$context.requestId", "at":"$context.requestTime", "i":$context.integrationLatency, '
        '"s":"$context.integration.status", "none":"$context.authorizer.principalId"}'
    )
    (line,) = lines_of([SocketEntry(context(), 200, IntegrationResult(204, 7))], line_format)

    assert line == (
        '{"id":"request=", "at":"25/Sep/2026:00:23:04 +0000", "i":7, "s":"204", "none":"-"}'
    )


FIELDS = (
    "requestId",
    "extendedRequestId",
    "requestTime",
    "domainName",
    "identity.sourceIp",
    "identity.userAgent",
    "routeKey",
    "error.message",
    "error.messageString",
    "error.responseType",
)
FORMAT = " | ".join(f"$context.{name}" for name in FIELDS)


@pytest.mark.fact("access-log-of-connections")
def test_a_call_of_connections_says_who_asked_for_what_and_by_which_ids():
    (line,) = lines_of([call(GONE)], FORMAT)

    assert line == (
        "uuid | short= | 25/Sep/2026:00:23:04 +0000 | 127.0.0.1 | 192.0.2.1 | Boto3 | "
        "POST /@connections/{connectionId} | - | - | -"
    )


def test_a_refused_handshake_says_who_was_refused_and_why():
    one = refused("/nowhere", host="example.com:8001", user_agent="Agent")
    (line,) = lines_of([one], FORMAT)

    assert line == (
        "request= | request= | 01/Jan/1970:00:00:00 +0000 | example.com | 192.0.2.1 | Agent | - | "
        'Forbidden | "Forbidden" | ACCESS_DENIED'
    )


@pytest.mark.fact("access-log-message-string")
def test_the_message_string_is_the_message_in_quotes():
    entry = SocketEntry(context(), 403, error=GatewayMessage.FORBIDDEN)
    (line,) = lines_of([entry], '{"a":"$context.error.message","b":$context.error.messageString}')

    assert json.loads(line) == {"a": "Forbidden", "b": "Forbidden"}


@pytest.mark.fact("access-log-response-type")
@pytest.mark.parametrize(
    ("error", "outcome", "expected"),
    [
        (None, IntegrationResult(200, 1), "-"),
        (GatewayMessage.FORBIDDEN, None, "ACCESS_DENIED"),
        (GatewayMessage.BAD_REQUEST_BODY, None, "BAD_REQUEST_BODY"),
        (GatewayMessage.TOO_MANY_REQUESTS, None, "THROTTLED"),
        (GatewayMessage.TIMED_OUT, IntegrationResult(None, 1), "INTEGRATION_TIMEOUT"),
        (GatewayMessage.INTERNAL_SERVER_ERROR, IntegrationResult(None, 1), "INTEGRATION_FAILURE"),
        (GatewayMessage.INTERNAL_SERVER_ERROR, None, "API_CONFIGURATION_ERROR"),
        (
            GatewayMessage.INTERNAL_SERVER_ERROR,
            IntegrationResult(None, 1, is_misconfigured=True),
            "API_CONFIGURATION_ERROR",
        ),
        (
            GatewayMessage.UNSUPPORTED_MEDIA_TYPE,
            IntegrationResult(None, 1, is_misconfigured=True),
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        ("Missing required request parameters: [t]", None, "BAD_REQUEST_PARAMETERS"),
    ],
)
def test_an_error_has_its_response_type(error, outcome, expected):
    entry = SocketEntry(context(), 500, outcome, error)

    assert lines_of([entry], "$context.error.responseType") == [expected]


@pytest.mark.fact("access-log-response-type")
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (HttpResponse(200), "-"),
        (GONE, "-"),
        (HttpResponse(413), "REQUEST_TOO_LARGE"),
        (forbidden(), "ACCESS_DENIED"),
        (HttpResponse(503), "DEFAULT_5XX"),
        (HttpResponse(400, body=b"<html>"), "DEFAULT_4XX"),
        (HttpResponse(400, body=b"[]"), "DEFAULT_4XX"),
    ],
)
def test_a_call_has_the_response_type_of_its_refusal(answer, expected):
    assert lines_of([call(answer)], "$context.error.responseType") == [expected]


def test_calls_and_refused_handshakes_have_lines_too():
    gone, refusal = call(GONE), refused("/nowhere")
    line_format = "$context.eventType $context.messageDirection $context.status $context.path"

    assert lines_of([gone, refusal], line_format) == [
        "POST_TO_CONNECTION OUT 410 -",
        "CONNECT - 403 /nowhere",
    ]
    assert [json.loads(line)["status"] for line in lines_of([gone, refusal])] == [410, 403]


@pytest.mark.parametrize("line_format", ["json", "gateway $context.status"])
def test_the_format_of_a_stage_applies_to_its_lines_alone(line_format):
    own = {("abc", "test"): "stage $context.status", ("abc", "plain"): "json"}
    entries = [
        SocketEntry(context(), 200),
        call(GONE),
        SocketEntry(context(stage="plain"), 200),
        SocketEntry(context(stage="other"), 201),
        refused("/abc/test"),
    ]
    lines = lines_of(entries, line_format, own)

    # AWS knows no word for a format, so to a stage "json" is four letters.
    assert lines[:3] == ["stage 200", "stage 410", "json"]
    assert lines[3:] == lines_of(entries[3:], line_format)
