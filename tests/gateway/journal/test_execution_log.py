"""A stage's execution log says what API Gateway does with each event."""

import logging

import pytest

from django_aws_api_gateway_websockets.core.closures import Closure
from django_aws_api_gateway_websockets.core.error_frames import GatewayMessage
from django_aws_api_gateway_websockets.core.events.context import EventType
from django_aws_api_gateway_websockets.core.events.integration import Integration, IntegrationCall
from django_aws_api_gateway_websockets.core.events.parameters import parse_parameters
from django_aws_api_gateway_websockets.core.events.response import BackendResponse
from django_aws_api_gateway_websockets.gateway.deployed.log_settings import LogLevel, LogSettings
from django_aws_api_gateway_websockets.gateway.journal.entries import (
    IntegrationResult,
    Journal,
    SocketEntry,
)
from django_aws_api_gateway_websockets.gateway.journal.execution_log import ExecutionLog
from tests.gateway.contexts import context

LOGGER = "django_aws_api_gateway_websockets.gateway.execution"
INFO, ERROR = LogSettings(LogLevel.INFO), LogSettings(LogLevel.ERROR)
TRACED = LogSettings(LogLevel.INFO, traces_data=True)
STATUS = "with response status code [204]."
CLIENT = "[Connection Id: id==]"
AGENT = "[UserAgent: Agent, SourceIp: 192.0.2.1]"
ANSWERED = " with integration response status code [200]"
WHY = "Close reason: [4000: bye]"
PARAMETERS = parse_parameters(
    {
        "integration.request.header.connectionId": "context.connectionId",
        "integration.request.header.X-From-Us": "'a-literal-nobody-may-read'",
    }
)
INTEGRATION = Integration("POST", "http://backend/ws", 29.0, parameters=PARAMETERS)


def call(body=b"", **headers):
    url = "http://backend/ws?ws_token=SECRET&room=a"
    return IntegrationCall("POST", url, tuple(headers.items()), body, 29.0)


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, LOGGER)
    return lambda: [record.message for record in caplog.records if record.name == LOGGER]


def log_with(settings):
    journal = Journal()
    log = ExecutionLog(lambda *_: settings)
    log.follow(journal, is_on=True)
    return log, journal


@pytest.mark.fact("execution-log-of-a-message")
def test_the_steps_of_a_message_are_written_in_their_order_after_the_id_of_the_event(lines):
    log, journal = log_with(INFO)
    log.note_start(context())
    log.note_call(context(), INTEGRATION, call(b"hello", Host="backend"))
    log.note_response(context(), BackendResponse(204), 12)
    journal.record(SocketEntry(context(), 200, IntegrationResult(204, 12)))

    assert lines() == [
        "(request=) Extended Request Id: request=",
        "(request=) Verifying Usage Plan for request: request=. API Stage: abc/test",
        "(request=) Starting execution for request: request=",
        "(request=) WebSocket Request Route: [$default]",
        "(request=) WebSocket API [abc] received message from client [Connection Id: id==].",
        "(request=) Endpoint request URI: http://backend/ws?ws_token=[REDACTED]&room=a",
        "(request=) Sending request to http://backend/ws?ws_token=[REDACTED]&room=a",
        "(request=) Received response. Status: 204, Integration latency: 12 ms",
        f"(request=) Message from client {CLIENT} sent to API [abc] {STATUS}",
    ]


@pytest.mark.fact("execution-log-of-a-connection")
def test_a_connect_and_an_end_are_written_as_such(lines):
    log, journal = log_with(INFO)
    connect = context(event_type=EventType.CONNECT, route_key="$connect", user_agent="Agent")
    end = context(event_type=EventType.DISCONNECT, closure=Closure(4000, "bye"))
    log.note_start(connect)
    journal.record(SocketEntry(connect, 101))
    journal.record(SocketEntry(end, 200, IntegrationResult(200, 1)))
    journal.record(SocketEntry(end, 200))

    assert lines()[3:] == [
        "(request=) WebSocket Request Route: [$connect]",
        f"(request=) Client {AGENT} is connecting to WebSocket API [abc].",
        f"(request=) Client {CLIENT} connected to API [abc] successfully.",
        f"(request=) Client {CLIENT} disconnected from API [abc]{ANSWERED}. {WHY}",
        f"(request=) Client {CLIENT} disconnected from API [abc]. {WHY}",
    ]


@pytest.mark.fact("data-trace")
def test_headers_and_bodies_are_written_only_where_data_is_traced(lines):
    log, _ = log_with(TRACED)
    log.note_call(context(), INTEGRATION, call(b'{"text":"hello"}', Host="backend", Accept="*/*"))
    log.note_response(context(), BackendResponse(200, (("Date", "today"),), b"hi"), 1)

    assert [line for line in lines() if "headers" in line or "body" in line] == [
        "(request=) Endpoint request headers: {Host=backend, Accept=*/*}",
        '(request=) Endpoint request body after transformations: {"text":"hello"}',
        "(request=) Endpoint response headers: {Date=today}",
        "(request=) Endpoint response body before transformations: hi",
    ]


def test_nothing_that_lets_a_reader_in_is_written(lines):
    log, _ = log_with(TRACED)
    body = b'{"password": "SECRET \\" SECRET", "text": "hello"} a_token=SECRET&b=1'
    headers = {
        "Cookie": "sessionid=SECRET",
        "Authorization": "Bearer SECRET",
        "X-From-Us": "a-literal-nobody-may-read",
        "X-Django-Gateway-Secret": "SECRET",
        "connectionId": "id==",
    }
    log.note_call(context(), INTEGRATION, call(body, **headers))
    log.note_response(context(), BackendResponse(200, (("Set-Cookie", "csrftoken=SECRET"),)), 1)

    written = "\n".join(lines())
    assert "SECRET" not in written
    assert "nobody-may-read" not in written
    assert "connectionId=id==" in written
    assert '"text": "hello"' in written


@pytest.mark.fact("execution-log-line")
@pytest.mark.parametrize("text", ["x" * 200_000, "\u00e9" * 200_000, "token" * 40_000])
def test_a_long_line_is_cut_at_1024_bytes_and_says_so(lines, text):
    log, _ = log_with(TRACED)
    log.note_call(context(), INTEGRATION, call(text.encode()))

    (line,) = [line for line in lines() if "body" in line]
    assert 1020 <= len(line.encode()) <= 1024
    assert line.endswith("[TRUNCATED]")


def test_the_text_of_a_client_stays_in_its_line(lines):
    log, _ = log_with(TRACED)
    log.note_start(context(event_type=EventType.CONNECT, user_agent="a\x1b[31m\u2028b"))
    log.note_call(context(), INTEGRATION, call(b"one\r\n(request=) Execution failed: two\x00"))

    assert all(line.isprintable() for line in lines())


@pytest.mark.fact("execution-log-level")
def test_error_writes_what_failed_and_nothing_else(lines):
    log, journal = log_with(ERROR)
    log.note_start(context())
    log.note_call(context(), INTEGRATION, call())
    log.note_response(context(), BackendResponse(200), 1)
    journal.record(SocketEntry(context(), 200, IntegrationResult(200, 1)))
    journal.record(
        SocketEntry(
            context(), 504, IntegrationResult(None, 50, "no answer"), GatewayMessage.TIMED_OUT
        )
    )
    end = context(event_type=EventType.DISCONNECT, closure=Closure(1000, ""))
    journal.record(SocketEntry(end, 200, IntegrationResult(None, 50, "no answer")))

    assert lines() == [
        "(request=) Execution failed: Endpoint request timed out",
        "(request=) Execution failed: no answer",
    ]


def test_a_log_nobody_asked_for_reads_nothing(lines):
    journal = Journal()
    log = ExecutionLog(lambda *_: INFO)
    log.note_start(context())
    log.follow(journal, is_on=True)
    log.follow(journal, is_on=False)
    journal.record(SocketEntry(context(), 200, IntegrationResult(200, 1)))
    log.note_call(context(), INTEGRATION, call())

    assert lines() == []
