import pytest

from django_aws_api_gateway_websockets.core.errors import ExpressionError
from django_aws_api_gateway_websockets.core.events.event import Event, Handshake
from django_aws_api_gateway_websockets.core.events.parameters import Destination, parse_parameters
from tests.core.event_values import a_context

CONNECT = Event(
    a_context(),
    handshake=Handshake(
        headers=(("X-Room", "one"), ("x-room", "two")), query=(("t", "1"), ("t", "2"))
    ),
    stage_variables={"colour": "blue"},
)
MESSAGE = Event(a_context(), body='{"room": {"name": "kitchen", "seats": [4]}}')


@pytest.mark.fact(
    "mapping-from-query",
    "mapping-from-header",
    "mapping-multi-value",
    "mapping-from-body",
    "mapping-static",
    "mapping-of-nothing",
    "repeated-query",
)
@pytest.mark.parametrize(
    ("source", "event", "value"),
    [
        ("context.connectionId", MESSAGE, "gbgHN0-zjQAYKEjhgA=="),
        ("context.disconnectReason", MESSAGE, None),
        ("'literal'", MESSAGE, "literal"),
        ("''", MESSAGE, ""),
        ("stageVariables.colour", CONNECT, "blue"),
        ("stageVariables.colour", MESSAGE, None),
        ("route.request.querystring.t", CONNECT, "2"),
        ("route.request.querystring.missing", CONNECT, None),
        ("route.request.querystring.t", MESSAGE, None),
        ("route.request.multivaluequerystring.t", CONNECT, "1,2"),
        ("route.request.header.X-Room", CONNECT, "two"),
        ("route.request.header.X-Room", MESSAGE, None),
        ("route.request.multivalueheader.X-Room", CONNECT, "one,two"),
        ("route.request.body.room.name", MESSAGE, "kitchen"),
        ("route.request.body.room.seats[0]", MESSAGE, "4"),
        ("route.request.body.missing", MESSAGE, None),
        ("route.request.body.room", Event(a_context(), body="not json"), None),
    ],
)
def test_a_source_gives_what_the_event_holds_or_nothing(source, event, value):
    (mapping,) = parse_parameters({"integration.request.header.X": source})

    assert mapping.value_for(event) == value


@pytest.mark.fact("mapping-targets")
@pytest.mark.parametrize("where", list(Destination))
def test_a_target_names_a_place_of_the_call(where):
    (mapping,) = parse_parameters({f"integration.request.{where}.connection-id": "'x'"})

    assert (mapping.destination, mapping.name) == (where, "connection-id")


@pytest.mark.parametrize(
    "control", ["\r\n", "\n", "\x00", "\x0b", "\x1c", "\x85", "\u2028", "\x7f"]
)
def test_a_message_cannot_end_a_header_and_start_its_own(control):
    event = Event(a_context(), body=f'{{"a": "x{control!s}Evil: 1"}}'.encode().decode())
    (mapping,) = parse_parameters({"integration.request.header.X": "route.request.body.a"})
    escaped = Event(
        a_context(), body='{"a": "x' + "".join(f"\\u{ord(c):04x}" for c in control) + 'y"}'
    )

    assert mapping.value_for(escaped) == "x" + " " * len(control) + "y"
    assert control not in (mapping.value_for(event) or "")


@pytest.mark.fact("mapping-names", "mapping-reserved-targets")
@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("append:header.x", "'x'"),
        ("integration.request.body.x", "'x'"),
        ("integration.request.header.", "'x'"),
        ("integration.request.header.a b", "'x'"),
        ("integration.request.header.Content-Length", "'0'"),
        ("integration.request.header.transfer-encoding", "'chunked'"),
        ("integration.request.header.X", "$context.connectionId"),
        ("integration.request.header.X", "method.request.header.x"),
        ("integration.request.header.X", "context."),
        ("integration.request.header.X", "'"),
        ("integration.request.header.X", "route.request.body.a[*]"),
    ],
)
def test_a_mapping_no_websocket_api_has_is_refused(target, source):
    with pytest.raises(ExpressionError):
        parse_parameters({target: source})
