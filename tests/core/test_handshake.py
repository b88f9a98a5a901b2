from itertools import product

import pytest

from django_aws_api_gateway_websockets.core.handshake import (
    accepts,
    chosen_subprotocol,
    forwardable_headers,
    has_unsafe_value,
    is_reserved,
)

RESERVED = (
    "X-Amzn-Apigateway-Api-Id",
    "X-Amzn-Trace-Id",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Real-Ip",
    "Forwarded",
)
MAPPED = frozenset({"connectionid", "x-ws-gateway-secret"})


def spellings(name: str) -> list[str]:
    """Every way to write a header that WSGI would turn into the same variable."""
    words = name.split("-")
    joints = product("-_", repeat=len(words) - 1)
    return [
        "".join(word + joint for word, joint in zip(words, (*joint_row, ""), strict=True))
        for joint_row in joints
    ]


@pytest.mark.fact("reserved-headers-stripped")
@pytest.mark.parametrize("name", [*RESERVED, "connectionId", "X-Ws-Gateway-Secret"])
def test_no_spelling_of_the_gateways_own_headers_passes(name):
    sent = [
        (case(spelling), "a lie") for spelling in spellings(name) for case in (str.lower, str.upper)
    ]

    assert forwardable_headers(sent, MAPPED) == []


@pytest.mark.fact("header-case")
def test_the_headers_that_a_client_may_send_pass_in_their_order_and_case():
    headers = [
        ("Host", "127.0.0.1:8001"),
        ("Cookie", "sessionid=1"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Origin", "http://localhost:8000"),
        ("Sec-WebSocket-Key", "abc"),
        ("Authorization", "Bearer x"),
        ("Content-Length", "0"),
    ]

    assert [name for name, _ in forwardable_headers(headers, MAPPED)] == [
        "Cookie",
        "Origin",
        "Sec-WebSocket-Key",
        "Authorization",
    ]


@pytest.mark.fact("rest-headers-dropped")
@pytest.mark.parametrize(
    "name",
    ["Expect", "Keep-Alive", "Proxy-Authenticate", "TE", "Trailer", "Transfer-Encoding", "Via"],
)
def test_a_header_about_the_hop_ends_here(name):
    assert forwardable_headers([(name, "x"), (name.lower(), "x")], MAPPED) == []


def test_a_header_with_an_underscore_is_reserved_whatever_it_says():
    assert is_reserved("X_Anything")
    assert not is_reserved("X-Anything")


@pytest.mark.parametrize(
    "character", ["\x00", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\n"]
)
def test_a_value_some_server_would_split_is_unsafe(character):
    assert has_unsafe_value([("X", f"a{character}b")])


def test_tabs_and_accents_are_safe():
    assert not has_unsafe_value([("X", "a\tb"), ("Y", "caf\xe9")])


@pytest.mark.fact("refusal-is-relayed")
@pytest.mark.parametrize(
    ("status", "let_in"),
    [(199, False), (200, True), (204, True), (299, True), (301, False), (403, False)],
)
def test_only_success_lets_a_client_in(status, let_in):
    assert accepts(status) is let_in


@pytest.mark.parametrize(
    ("headers", "subprotocol"),
    [
        ([("Sec-WebSocket-Protocol", "chat")], "chat"),
        ([("sec-websocket-protocol", "chat.v2")], "chat.v2"),
        ([("Content-Type", "text/plain")], None),
        ([("Sec-WebSocket-Protocol", "chat\xe9")], None),
        ([("Sec-WebSocket-Protocol", "one, two")], None),
        ([("Sec-WebSocket-Protocol", "")], None),
    ],
)
def test_the_integrations_header_chooses_the_subprotocol(headers, subprotocol):
    assert chosen_subprotocol(headers) == subprotocol
