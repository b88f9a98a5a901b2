from django_aws_api_gateway_websockets.core.events.event import Handshake, header_text


def test_header_names_compare_without_case_and_keep_every_value():
    handshake = Handshake(headers=(("Cookie", "a=1"), ("COOKIE", "b=2"), ("Origin", "http://x")))

    assert handshake.header_values("cookie") == ("a=1", "b=2")
    assert handshake.header_values("missing") == ()


def test_query_names_compare_with_case_and_keep_every_value():
    handshake = Handshake(headers=(), query=(("room", "a"), ("room", "b"), ("Room", "c")))

    assert handshake.query_values("room") == ("a", "b")


def test_a_header_is_read_as_utf8_where_it_is_utf8():
    assert header_text("caf\xc3\xa9") == "caf\u00e9"
    assert header_text("caf\xe9") == "caf\u00e9"
