from contextlib import suppress

import pytest

from django_aws_api_gateway_websockets.telemetry.current_event import (
    CurrentEvent,
    current_event,
    handling,
    read_request_id,
)

TRACE = "Root=1-66f3a1b2-0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"X-Ws-Request-Id": "fYp0HGaEDoEFbqQ="}, "fYp0HGaEDoEFbqQ="),
        ({"X-Ws-Request-Id": "fYp0HGaEDoEFbqQ=", "X-Amzn-Trace-Id": TRACE}, "fYp0HGaEDoEFbqQ="),
        ({"X-Amzn-Trace-Id": TRACE}, "1-66f3a1b2-0123456789abcdef01234567"),
        ({"X-Amzn-Trace-Id": f"Self=1-2-3;{TRACE};Sampled=1"}, TRACE.removeprefix("Root=")),
        ({"X-Ws-Request-Id": "two\nlines", "X-Amzn-Trace-Id": TRACE}, TRACE.removeprefix("Root=")),
        ({"X-Ws-Request-Id": "x" * 65}, ""),
        ({"X-Amzn-Trace-Id": "Root=<script>"}, ""),
        ({}, ""),
    ],
)
def test_the_id_of_a_request_is_api_gateways_or_that_of_its_trace(headers, request_id):
    assert read_request_id(headers) == request_id


def test_an_event_is_the_current_one_within_its_block_alone():
    outer, inner = CurrentEvent(request_id="outer"), CurrentEvent(request_id="inner")

    with handling(outer):
        with suppress(LookupError), handling(inner):
            assert current_event() is inner
            raise LookupError
        assert current_event() is outer

    assert current_event() is None
