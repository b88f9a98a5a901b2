import pytest

from django_aws_api_gateway_websockets.core.events.identifiers import (
    is_connection_id,
    resource_id_from,
    trace_header_from,
    url_safe_id_from,
)


@pytest.mark.fact("connection-id-form")
@pytest.mark.parametrize(
    "connection_id",
    [
        "gbgHN0-zjQAYKEjhgA==",
        "L0SM9cOFvHcCIhw=",
        "Ti835f_GEowCETQ=",
        "JC1dgf9yoAMCK-g=",
    ],
)
def test_ids_seen_on_aws_are_connection_ids(connection_id):
    assert is_connection_id(connection_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gbgHN0-zjQAYKEjhgB==",
        "gbgHN0-zjQAYKEjhgA=",
        "gbgHN0-zjQAYKEjhgA==\n",
        "../../etc/passwd",
        "gbgHN0%2FzjQAYKEjhgA==",
        "gbgHN0-zjQAYKEjhg\u0410==",
        "x" * 10_000,
    ],
)
def test_nothing_else_is_a_connection_id(text):
    assert not is_connection_id(text)


def test_every_id_made_from_random_bytes_is_one_the_gateway_recognises():
    for last in range(256):
        assert is_connection_id(url_safe_id_from(b"\xff" * 12 + bytes([last])))


def test_a_resource_id_has_a_lower_case_alphanumeric_for_each_byte():
    assert resource_id_from(bytes(range(40))).isalnum()
    assert resource_id_from(b"\x00\x19\x1a\x23") == "az09"


def test_a_trace_header_carries_the_time_in_hexadecimal():
    assert trace_header_from(0x68D48A51, bytes(12)) == "Root=1-68d48a51-" + "0" * 24
