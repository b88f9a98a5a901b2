from typing import Any

import pytest

from django_aws_api_gateway_websockets.core.events.context import EventType
from django_aws_api_gateway_websockets.core.events.event import Event, Handshake
from django_aws_api_gateway_websockets.core.events.integration import (
    ClientSide,
    Integration,
    IntegrationCall,
    plan_call,
)
from django_aws_api_gateway_websockets.core.events.parameters import parse_parameters
from tests.core.event_values import a_context

URI = "http://127.0.0.1:8000/ws/default"


def call_for(
    event: Event, parameters: dict[str, str] | None = None, **integration: Any
) -> IntegrationCall:
    settings = {"method": "POST", "uri": URI, "timeout_seconds": 29.0} | integration
    return plan_call(
        Integration(**settings, parameters=parse_parameters(parameters or {})),
        event,
        client_side=ClientSide("http", 8001),
        trace="Root=1-0-0",
        mapped_headers=frozenset({"connectionid"}),
    )


def test_a_message_arrives_as_its_raw_text_without_cookies():
    call = call_for(
        Event(a_context(), body='{"a": "\u00e9"}'),
        {"integration.request.header.connectionId": "context.connectionId"},
    )

    assert call.body == '{"a": "\u00e9"}'.encode()
    assert call.headers == (
        ("Host", "127.0.0.1:8000"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-Port", "8001"),
        ("X-Forwarded-Proto", "http"),
        ("User-Agent", "Mozilla/5.0"),
        ("X-Amzn-Apigateway-Api-Id", "34jmzjm04l"),
        ("X-Amzn-Trace-Id", "Root=1-0-0"),
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
        ("Content-Length", "11"),
        ("connectionId", "gbgHN0-zjQAYKEjhgA=="),
    )


@pytest.mark.fact("client-headers-forwarded", "reserved-headers-stripped")
def test_a_handshake_arrives_with_its_headers_and_its_query_but_not_its_lies():
    handshake = Handshake(
        headers=(
            ("Host", "gateway"),
            ("Cookie", "a=1"),
            ("Origin", "http://localhost"),
            ("User-Agent", "Mozilla/5.0"),
            ("Connectionid", "a lie"),
            ("X-Forwarded-For", "6.6.6.6"),
        ),
        query=(("room", "a b"),),
        raw_query="room=a%20b",
    )
    call = call_for(Event(a_context(event_type=EventType.CONNECT), handshake=handshake))

    names = [name for name, _ in call.headers]
    assert call.url == URI + "?room=a%20b"
    assert call.body == b""
    assert dict(call.headers)["Content-Length"] == "0"
    assert dict(call.headers)["Cookie"] == "a=1"
    assert dict(call.headers)["X-Forwarded-For"] == "203.0.113.7"
    assert names.count("User-Agent") == names.count("X-Forwarded-For") == names.count("Host") == 1
    assert "Connectionid" not in names


@pytest.mark.fact("user-agent-rule")
def test_a_client_without_a_user_agent_is_named_after_the_api():
    call = call_for(Event(a_context(user_agent=None)))

    assert dict(call.headers)["User-Agent"] == "AmazonAPIGateway_34jmzjm04l"


@pytest.mark.fact("mapping-overwrites")
def test_a_mapping_overwrites_a_forwarded_header():
    handshake = Handshake(headers=(("Sec-WebSocket-Version", "13"),))
    call = call_for(
        Event(a_context(event_type=EventType.CONNECT), handshake=handshake),
        {"integration.request.header.Sec-WebSocket-Version": "'0'"},
    )

    assert [value for name, value in call.headers if name == "Sec-WebSocket-Version"] == ["0"]


@pytest.mark.fact("mapping-targets")
def test_mappings_reach_the_path_and_the_query_encoded():
    call = call_for(
        Event(a_context(), body='{"room": "a/b&c"}', stage_variables={"host": "backend"}),
        {
            "integration.request.path.room": "route.request.body.room",
            "integration.request.querystring.room": "route.request.body.room",
            "integration.request.querystring.gone": "route.request.body.gone",
        },
        uri="http://${stageVariables.host}:9/rooms/{room}?fixed=1",
    )

    assert call.url == "http://backend:9/rooms/a%2Fb%26c?fixed=1&room=a%2Fb%26c"
    assert dict(call.headers)["Host"] == "backend:9"


@pytest.mark.fact("integration-method")
def test_method_and_timeout_are_the_integrations():
    call = call_for(Event(a_context()), method="PUT", timeout_seconds=0.05)

    assert (call.method, call.timeout_seconds) == ("PUT", 0.05)


def test_mapped_text_travels_as_utf8():
    call = call_for(
        Event(a_context(user_agent="caf\u00e9"), body='{"a": "\u20ac"}'),
        {"integration.request.header.X": "route.request.body.a"},
    )

    assert dict(call.headers)["X"].encode("latin-1") == "\u20ac".encode()
    assert dict(call.headers)["User-Agent"].encode("latin-1") == "caf\u00e9".encode()


@pytest.mark.fact("connection-id-is-mapped")
def test_without_a_mapping_the_backend_is_not_told_the_connection_id():
    event = Event(a_context(), body="{}")
    call = call_for(event)

    said = [value for _, value in call.headers] + [call.url, call.body.decode()]
    assert not any(event.context.connection_id in text for text in said)
