"""What a caller sees of sending, against a real server."""

from django_aws_api_gateway_websockets.delivery.report import OutcomeKind
from tests.delivery.recording_server import (
    signed_by_botocore,
)

BODY = b'{"hello": "there"}'


def ids(number):
    return [f"L0SM9cOFv{index:06}=" for index in range(number)]


def kinds(outcomes):
    return {outcome.connection_id: outcome.kind for outcome in outcomes}


def test_a_post_arrives_signed_and_whole(server, sender):
    outcome = sender.post("L0SM9cOFvHcCIhw=", BODY)

    assert (outcome.kind, outcome.status, outcome.attempts) == (OutcomeKind.SENT, 200, 1)
    assert outcome.request_id == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    [request] = server.arrived
    assert (request.method, request.target) == ("POST", "/prod/@connections/L0SM9cOFvHcCIhw%3D")
    assert request.body == BODY
    host = f"localhost:{server.port}"
    assert request.header("host") == host
    assert request.header("authorization") == signed_by_botocore(request, host=host)


def test_10000_recipients_are_served_by_few_connections(server, sender):
    count = sum(
        outcome.kind is OutcomeKind.SENT for outcome in sender.post_many(iter(ids(10_000)), BODY)
    )

    assert count == 10_000
    assert server.ids == dict.fromkeys(ids(10_000), 1)
    assert server.peers <= 256
