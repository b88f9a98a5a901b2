import re
import uuid

import pytest

from django_aws_api_gateway_websockets.core.events.identifiers import is_connection_id
from django_aws_api_gateway_websockets.gateway.runtime.ids import Ids


def test_ids_come_from_the_source_that_was_handed_in():
    assert Ids(bytes).connection() == "AAAAAAAAAAAAAAAAAA=="
    assert Ids(bytes).resource(7) == "aaaaaaa"
    assert Ids(bytes).aws_request() == "00000000-0000-4000-a000-000000000000"


@pytest.mark.fact("connection-id-form")
def test_a_hundred_thousand_connection_ids_differ_and_are_well_formed():
    ids = Ids()
    drawn = {ids.connection() for _ in range(100_000)}

    assert len(drawn) == 100_000
    assert all(is_connection_id(one) for one in drawn)


@pytest.mark.fact("request-id-form", "trace-header")
def test_a_request_id_has_sixteen_characters_and_a_trace_its_time():
    ids = Ids()

    assert len(ids.request()) == 16
    assert ids.trace(255.9).startswith("Root=1-000000ff-")


def test_each_call_has_ids_of_its_own():
    ids = Ids()
    drawn = [ids.of_call(255.9) for _ in range(200)]

    assert len(set(drawn)) == 200
    for request_id, extended_id, trace in drawn:
        assert uuid.UUID(request_id).version == 4
        assert len(extended_id) == 16
        assert re.fullmatch("Root=1-000000ff-[0-9a-f]{24}", trace)
