import pytest

from django_aws_api_gateway_websockets.core.events.context import EventType
from django_aws_api_gateway_websockets.gateway.journal.entries import (
    CallEntry,
    IntegrationResult,
    SocketEntry,
)
from django_aws_api_gateway_websockets.gateway.journal.refusals import RefusalLines, Refusals
from tests.gateway.contexts import context

REFUSED = IntegrationResult(400, 1, reason="Invalid\nchannel.")
TOLD = IntegrationResult(400, 1, reason="Invalid channel", is_told=True)
FAILED = IntegrationResult(500, 1, reason="boom")


@pytest.fixture
def connect():
    return context(event_type=EventType.CONNECT, route_key="$connect")


@pytest.mark.parametrize("lines", list(RefusalLines))
def test_a_refusal_is_one_line_with_reason_and_connection(caplog, connect, lines):
    Refusals(lines).tell(connect, REFUSED, "Open the page elsewhere.")

    [record] = caplog.records
    text = record.getMessage()
    assert "$connect integration" in text
    assert "refused a client with 400: Invalid\\nchannel (connection " in text
    assert connect.connection_id in text
    assert text.endswith("). Open the page elsewhere.")


def test_an_error_of_the_backend_is_a_failure(caplog, connect):
    Refusals().tell(connect, FAILED)

    assert "failed on a client with 500: boom" in caplog.text


def test_a_refusal_that_the_backend_has_told_is_not_told_twice(caplog, connect):
    Refusals(RefusalLines.UNTOLD).tell(connect, TOLD)
    assert not caplog.records
    Refusals(RefusalLines.UNTOLD).tell(connect, TOLD, "Use one name.")
    assert "Use one name." in caplog.text
    caplog.clear()
    Refusals(RefusalLines.ONE).tell(connect, TOLD)
    assert "Invalid channel" in caplog.text


def test_an_accepted_call_is_no_refusal(caplog, connect):
    Refusals().tell(connect, IntegrationResult(200, 1))

    assert not caplog.records


def test_the_access_log_has_no_second_line(connect):
    refused, accepted = SocketEntry(connect, 400, REFUSED), SocketEntry(connect, 101)
    unanswered = SocketEntry(connect, 502, IntegrationResult(None, 1, "refused"))
    call = CallEntry("POST", None, None, 0, 0)

    for lines in (RefusalLines.ONE, RefusalLines.UNTOLD):
        takes = Refusals(lines).is_in_access_log
        assert [takes(entry) for entry in (refused, unanswered, accepted, call)] == [
            False,
            False,
            True,
            True,
        ]
    assert Refusals().is_in_access_log(refused)
