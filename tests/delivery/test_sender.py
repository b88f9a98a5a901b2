"""A sender posts to one connection or many, and reads the responses as outcomes."""

import boto3
import pytest

from django_aws_api_gateway_websockets.core.errors import MissingCredentialsError
from django_aws_api_gateway_websockets.core.retry import RetryPolicy
from django_aws_api_gateway_websockets.core.sigv4.sign import Credentials
from django_aws_api_gateway_websockets.delivery.http1.destination import Destination
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from tests.delivery.conftest import count_kinds, ids, make_sender
from tests.delivery.recording_server import GONE, KEYS, REGION, TOO_LARGE, Reply, signed_by_botocore

BODY = '{"hello": "grüße"}'.encode()
ID = "L0SM9cOFvHcCIhw="


def test_a_post_arrives_whole_and_signed_as_botocore_signs(server, sender):
    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.status, outcome.attempts) == (OutcomeKind.SENT, 200, 1)
    assert outcome.connection_id == ID
    [request] = server.arrived
    assert (request.method, request.target) == ("POST", "/prod/@connections/L0SM9cOFvHcCIhw%3D")
    assert request.body == BODY
    host = f"localhost:{server.port}"
    assert request.header("authorization") == signed_by_botocore(request, host=host)


def test_boto3_sends_the_same_request(server, sender):
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
    )

    client.post_to_connection(ConnectionId=ID, Data=BODY)
    sender.post(ID, BODY)
    client.delete_connection(ConnectionId=ID)
    list(sender.delete_many([ID]))
    client.close()

    host = f"localhost:{server.port}"
    for theirs, ours in zip(server.arrived[::2], server.arrived[1::2], strict=True):
        assert (theirs.method, theirs.target, theirs.body) == (ours.method, ours.target, ours.body)
        assert theirs.header("host") == ours.header("host")
        assert theirs.header("content-length") == ours.header("content-length")
        assert theirs.header("authorization") == signed_by_botocore(theirs, host=host)
        assert ours.header("authorization") == signed_by_botocore(ours, host=host)


def test_every_recipient_of_a_broadcast_gets_a_signature_of_its_own(server, sender):
    outcomes = list(sender.post_many(ids(200), BODY))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 200}
    host = f"localhost:{server.port}"
    for request in server.arrived:
        assert request.header("authorization") == signed_by_botocore(request, host=host)


def test_a_session_token_travels_and_is_signed(server, pool):
    keys = Credentials(KEYS.access_key, KEYS.secret_key, "a/session+token==")

    make_sender(server, pool, credentials=lambda: keys).post(ID, BODY)

    [request] = server.arrived
    assert request.header("x-amz-security-token") == "a/session+token=="
    assert request.header("authorization") == signed_by_botocore(
        request, host=f"localhost:{server.port}"
    )


def test_credentials_are_asked_for_with_every_call(server, pool):
    server.secrets["AKSECOND"] = "another-secret"
    current = [KEYS, Credentials("AKSECOND", "another-secret")]
    sender = make_sender(server, pool, credentials=lambda: current.pop(0))

    sender.post("first", BODY)
    sender.post("second", BODY)

    assert [request.access_key for request in server.arrived] == [KEYS.access_key, "AKSECOND"]


def test_missing_credentials_are_an_error_before_anything_is_sent(server, pool):
    def nobody():
        raise MissingCredentialsError("There are no AWS credentials.")

    with pytest.raises(MissingCredentialsError):
        make_sender(server, pool, credentials=nobody).post(ID, BODY)

    assert server.arrived == []


def test_the_largest_message_goes_through_the_socket_in_pieces(server, sender):
    body = b"x" * 131_072

    outcomes = list(sender.post_many(ids(20), body))

    assert count_kinds(outcomes) == {OutcomeKind.SENT: 20}
    assert {request.body for request in server.arrived} == {body}


def test_a_delete_is_signed_and_answered(server, sender):
    server.will_answer(ID, Reply(204))

    [deleted] = sender.delete_many([ID])

    assert (deleted.kind, deleted.status) == (OutcomeKind.SENT, 204)
    assert [request.method for request in server.arrived] == ["DELETE"]


def test_a_gone_connection_is_told_by_its_status_alone(server, sender):
    server.will_answer(ID, GONE)

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.error_code, outcome.message) == (
        OutcomeKind.GONE,
        "GoneException",
        "",
    )
    assert outcome.attempts == 1


def test_a_naked_413_is_too_large_and_the_connection_goes_on(server, sender):
    server.will_answer(ID, TOO_LARGE)

    outcome = sender.post(ID, BODY)
    sender.post("next", BODY)

    assert (outcome.kind, outcome.error_code) == (OutcomeKind.TOO_LARGE, "413")
    assert server.peers == 1


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_not_repeated(server, sender, status):
    server.will_answer(ID, Reply(status))

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.REFUSED, 1)


def test_a_redirect_is_never_followed(server, sender):
    server.will_answer(ID, Reply(307, (("Location", server.url + "/elsewhere"),)))

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.status) == (OutcomeKind.REFUSED, 307)
    assert len(server.arrived) == 1


def test_a_chunked_answer_is_read(server, sender):
    server.will_answer(ID, Reply(403, (), b'{"message": "Forbidden"}', chunked=True))

    assert sender.post(ID, BODY).message == "Forbidden"
    assert sender.post(ID, BODY).kind is OutcomeKind.SENT
    assert server.peers == 1


def test_an_answer_that_ends_with_the_connection_is_read(server, sender):
    server.will_answer(ID, Reply(403, (), b'{"message": "Forbidden"}', without_length=True))

    assert sender.post(ID, BODY).message == "Forbidden"
    assert sender.post(ID, BODY).kind is OutcomeKind.SENT
    assert server.peers == 2


def test_an_interim_answer_is_passed_over(server, sender):
    server.will_answer(ID, Reply(raw=b"HTTP/1.1 103 Early Hints\r\n\r\n" + GONE.encode()))

    assert sender.post(ID, BODY).kind is OutcomeKind.GONE


def test_a_connection_the_server_announces_to_close_is_not_kept(server, sender, pool):
    server.will_answer(ID, Reply(announce_close=True))

    sender.post(ID, BODY)

    assert pool.count_idle(Destination.of(sender.endpoint)) == 0


def test_a_response_that_is_not_http_fails_with_a_reason(server, sender):
    server.default = Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n")

    outcome = sender.post(ID, BODY)

    assert (outcome.kind, outcome.attempts) == (OutcomeKind.FAILED, 3)
    assert "not HTTP" in outcome.message


def test_an_endless_answer_is_cut_off(server, pool):
    server.default = Reply(body=b"x" * 1_100_000)

    outcome = make_sender(server, pool, retries=RetryPolicy(max_attempts=1)).post(ID, BODY)

    assert (outcome.kind, outcome.message) == (
        OutcomeKind.FAILED,
        "the answer is longer than 1048576 bytes",
    )
