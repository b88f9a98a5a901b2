"""boto3 judges `@connections`: statuses, exception classes and codes are those of AWS.

The fact sheet's section 5 names the captures; botocore's classes were tried against them offline.
"""

import pytest
from botocore.exceptions import ClientError
from websockets.sync.client import connect

from tests.gateway.aws import control_plane, deploy_api, management
from tests.gateway.processes import gateway_process

GONE = "gbgHN0-zjQAYKEjhgA=="


@pytest.fixture(scope="module")
def gateway():
    with gateway_process() as process:
        yield process


@pytest.fixture(scope="module")
def api(gateway):
    # Nothing listens at the backend: without a $connect route every client is let in.
    return deploy_api(control_plane(gateway.url), "http://127.0.0.1:9", routes=("$default",))


@pytest.fixture
def connected(api):
    """A client and its id, which it learns from the gateway's own error frame."""
    with connect(api.url) as socket:
        socket.send("who am I?")
        frame = socket.recv(timeout=5)
        connection_id = frame.split('"connectionId":"')[1].split('"')[0]
        yield socket, connection_id


@pytest.mark.fact("always-text", "sigv4-service")
def test_a_post_arrives_as_text(api, connected):
    socket, connection_id = connected
    answer = api.management.post_to_connection(ConnectionId=connection_id, Data=b"caf\xc3\xa9")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert socket.recv(timeout=5) == "caf\u00e9"


@pytest.mark.fact("replacement-characters")
def test_bad_utf8_arrives_as_replacement_characters(api, connected):
    socket, connection_id = connected
    api.management.post_to_connection(ConnectionId=connection_id, Data=b"a\xffb")

    assert socket.recv(timeout=5) == "a\ufffdb"


@pytest.mark.fact("empty-post")
def test_an_empty_post_is_accepted(api, connected):
    socket, connection_id = connected
    api.management.post_to_connection(ConnectionId=connection_id, Data=b"")

    assert socket.recv(timeout=5) == ""


@pytest.mark.fact("largest-post", "long-post-in-fragments")
def test_the_largest_message_arrives_whole(api, connected):
    socket, connection_id = connected
    api.management.post_to_connection(ConnectionId=connection_id, Data=b"x" * 131072)

    assert socket.recv(timeout=5) == "x" * 131072


@pytest.mark.fact("too-large-post")
def test_one_byte_more_is_a_naked_413(api, connected):
    _, connection_id = connected
    with pytest.raises(ClientError) as caught:
        api.management.post_to_connection(ConnectionId=connection_id, Data=b"x" * 131073)

    assert type(caught.value) is ClientError
    assert caught.value.response["Error"]["Code"] == "413"
    assert "x-amzn-errortype" not in caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert "x-amzn-requestid" not in caught.value.response["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.fact("size-first")
def test_size_is_judged_before_the_signature(api):
    with pytest.raises(ClientError) as caught:
        management(api.management_url, secret="wrong").post_to_connection(
            ConnectionId="nonsense", Data=b"x" * 2_000_000
        )

    assert caught.value.response["Error"]["Code"] == "413"


@pytest.mark.fact("gone", "gone-for-a-valid-form")
@pytest.mark.parametrize("call", ["post_to_connection", "get_connection", "delete_connection"])
def test_a_connection_that_is_not_there_is_gone(api, call):
    client = api.management
    arguments = {"Data": b"x"} if call == "post_to_connection" else {}
    with pytest.raises(client.exceptions.GoneException) as caught:
        getattr(client, call)(ConnectionId=GONE, **arguments)

    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 410
    assert response["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"] == "GoneException"


@pytest.mark.fact("malformed-id", "malformed-before-iam")
@pytest.mark.parametrize(
    "connection_id", ["nonsense", "../x", "%00", "a b", "gbgHN0-zjQAYKEjhgB=="]
)
def test_an_id_of_another_form_is_a_bad_request_even_unsigned(api, connection_id):
    with pytest.raises(ClientError) as caught:
        management(api.management_url, secret="wrong").post_to_connection(
            ConnectionId=connection_id, Data=b"x"
        )

    assert caught.value.response["Error"]["Code"] == "BadRequestException"
    assert caught.value.response["Error"]["Message"] == f"Invalid connectionId: {connection_id}"


@pytest.mark.fact("iam-before-existence")
def test_the_signature_is_judged_before_existence(api):
    with pytest.raises(ClientError) as caught:
        management(api.management_url, secret="wrong").get_connection(ConnectionId=GONE)

    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"


@pytest.mark.fact("stage-has-to-exist")
def test_a_stage_that_does_not_exist_is_forbidden(api):
    client = management(api.management_url.replace("/test", "/other"))
    with pytest.raises(client.exceptions.ForbiddenException):
        client.get_connection(ConnectionId=GONE)


@pytest.mark.fact("stage-has-to-exist")
def test_the_stage_cannot_be_left_out(gateway, api):
    client = management(f"{gateway.url}/_aws/execute-api/{api.api_id}")
    with pytest.raises(client.exceptions.ForbiddenException):
        client.get_connection(ConnectionId=GONE)


@pytest.mark.fact("any-stage-reaches", "other-api-does-not-reach")
def test_another_stage_of_the_api_reaches_the_connection_and_another_api_does_not(
    gateway, api, connected
):
    socket, connection_id = connected
    api.client.create_stage(ApiId=api.api_id, StageName="second")
    second = management(api.management_url.replace("/test", "/second"))
    other = deploy_api(control_plane(gateway.url), "http://127.0.0.1:9", routes=("$default",))

    second.post_to_connection(ConnectionId=connection_id, Data=b"hello")
    assert socket.recv(timeout=5) == "hello"
    with pytest.raises(other.management.exceptions.GoneException):
        other.management.get_connection(ConnectionId=connection_id)


@pytest.mark.fact("last-active")
def test_a_connection_tells_who_it_is_and_when_it_was_last_active(api, connected):
    _, connection_id = connected
    before = api.management.get_connection(ConnectionId=connection_id)
    with pytest.raises(ClientError):
        api.management.post_to_connection(ConnectionId=connection_id, Data=b"x" * 131073)
    looked_at = api.management.get_connection(ConnectionId=connection_id)
    api.management.post_to_connection(ConnectionId=connection_id, Data=b"x")
    after = api.management.get_connection(ConnectionId=connection_id)

    assert before["Identity"]["SourceIp"] == "127.0.0.1"
    assert "websockets" in before["Identity"]["UserAgent"]
    assert before["ConnectedAt"] <= before["LastActiveAt"] == looked_at["LastActiveAt"]
    assert looked_at["LastActiveAt"] < after["LastActiveAt"]
    assert after["ConnectedAt"] == before["ConnectedAt"]


@pytest.mark.fact("delete-answer", "disconnect-after-delete")
def test_a_deleted_connection_is_closed_normally_and_gone_at_once(api, connected):
    socket, connection_id = connected
    client = api.management
    answer = client.delete_connection(ConnectionId=connection_id)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "content-length" not in answer["ResponseMetadata"]["HTTPHeaders"]
    with pytest.raises(client.exceptions.GoneException):
        client.post_to_connection(ConnectionId=connection_id, Data=b"x")
    with pytest.raises(Exception, match="Connection Closed Normally"):
        socket.recv(timeout=5)
    assert (socket.close_code, socket.close_reason) == (1000, "Connection Closed Normally")


@pytest.mark.fact("posts-keep-their-order")
def test_posts_made_one_after_the_other_arrive_in_that_order(api, connected):
    socket, connection_id = connected
    sent = [f"{number}".encode() for number in range(50)]
    for data in sent:
        api.management.post_to_connection(ConnectionId=connection_id, Data=data)

    assert [socket.recv(timeout=5).encode() for _ in sent] == sent


@pytest.mark.fact("request-ids")
def test_every_answer_but_the_413_carries_request_ids(api):
    with pytest.raises(ClientError) as caught:
        api.management.get_connection(ConnectionId=GONE)

    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert len(headers["x-amzn-requestid"]) == 36
    assert len(headers["x-amz-apigw-id"]) == 16
    assert headers["x-amz-apigw-id"].endswith("=")
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert headers["connection"] == "keep-alive"
