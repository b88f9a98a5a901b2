import copy
import json
import pickle

import pytest

from django_aws_api_gateway_websockets.delivery.boto3_response import Boto3Response
from django_aws_api_gateway_websockets.delivery.http1.response import Response
from django_aws_api_gateway_websockets.delivery.outcome import Outcome

RECEIVED = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: b7f2\r\nContent-Length: 0\r\n\r\n"
METADATA = {
    "RequestId": "b7f2",
    "HTTPStatusCode": 200,
    "HTTPHeaders": {"x-amzn-requestid": "b7f2", "content-length": "0"},
    "RetryAttempts": 1,
}
WHOLE = {"ResponseMetadata": METADATA}


def answer() -> Boto3Response:
    """One that nobody has looked into."""
    return Boto3Response(
        Outcome.of_response("L0SM9cOFvHcCIhw=", Response(200, RECEIVED), attempts=2)
    )


@pytest.mark.parametrize(
    "look",
    [
        dict,
        dict.copy,
        copy.copy,
        copy.deepcopy,
        lambda one: one.copy(),
        lambda one: {**one},
        lambda one: {} | one,
        lambda one: one | {},
        lambda one: dict(**one),
        lambda one: dict(one.items()),
        lambda one: dict(zip(one.keys(), one.values(), strict=True)),
        lambda one: {key: one[key] for key in one},
        lambda one: {key: one.get(key) for key in one},
        lambda one: {"ResponseMetadata": one.pop("ResponseMetadata")},
        lambda one: dict([one.popitem()]),
        lambda one: {"ResponseMetadata": one.setdefault("ResponseMetadata", {})},
        lambda one: json.loads(json.dumps(one)),
        lambda one: pickle.loads(pickle.dumps(one)),
        lambda one: eval(repr(one)),
        lambda one: eval(str(one)),
    ],
)
def test_every_way_to_look_finds_what_boto3_gives(look):
    found = look(answer())
    # A copy that Python's own code made without asking would hold nothing.
    assert found == WHOLE


def test_it_is_a_dictionary_that_equals_the_one_boto3_gives():
    assert isinstance(answer(), dict)
    assert answer() == WHOLE
    assert WHOLE == answer()  # noqa: SIM300 - the other way round.
    assert answer() == answer()
    assert not answer() != WHOLE  # noqa: SIM202 - Python asks another method.
    assert answer() != {"ResponseMetadata": None}


def test_its_keys_and_length_are_right_before_it_is_read():
    assert len(answer()) == 1
    assert answer()
    assert "ResponseMetadata" in answer()
    assert list(reversed(answer())) == ["ResponseMetadata"]


def test_a_value_written_into_it_stays():
    one = answer()
    one["ResponseMetadata"] = "mine"
    assert one["ResponseMetadata"] == "mine"

    one = answer()
    one.update(note="mine")
    assert one == {**WHOLE, "note": "mine"}

    one = answer()
    one |= {"note": "mine"}
    assert one == {**WHOLE, "note": "mine"}

    one = answer()
    del one["ResponseMetadata"]
    assert one == {}

    one = answer()
    one.clear()
    assert one == {}


def test_a_copy_is_plain():
    assert type(pickle.loads(pickle.dumps(answer()))) is dict
    assert type(copy.deepcopy(answer())) is dict
