"""boto3 sets what a stage's events look like in the access log of a real gateway process."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.gateway.aws import control_plane, deploy_api, management
from tests.gateway.processes import DEADLINE, gateway_process

ARN = "arn:aws:logs:us-east-1:000000000000:log-group:x"
STAGE_FORMAT = '{"stage":"$context.stage","id":"$context.requestId","of":"$context.eventType"}'


@pytest.fixture
def log(tmp_path):
    return tmp_path / "access.log"


@pytest.fixture(params=["json", "default $context.stage $context.eventType"])
def default(request):
    return request.param


@pytest.fixture
def gateway(log, default):
    options = ("--access-log", str(log), "--access-log-format", default)
    with gateway_process(*options) as process:
        yield process


@pytest.fixture
def api(gateway):
    return deploy_api(control_plane(gateway.url), "http://127.0.0.1:9", routes=("$default",))


def lines_of_a_visit(api, log):
    """Read the lines of a client that sends something, gets a post, and leaves."""
    before = len(log.read_text().splitlines())
    with connect(api.url) as socket:
        socket.send("hello")
        connection_id = json.loads(socket.recv(timeout=5))["connectionId"]
        api.management.post_to_connection(ConnectionId=connection_id, Data=b"hello")
    deadline = time.monotonic() + DEADLINE
    while "DISCONNECT" not in "".join(lines := log.read_text().splitlines()[before:]):
        assert time.monotonic() < deadline, lines
        time.sleep(0.01)
    return lines


EVENTS = ["CONNECT", "MESSAGE", "POST_TO_CONNECTION", "DISCONNECT"]


def is_in_the_default(line, default):
    if default == "json":
        return json.loads(line)["stage"] == "test"
    return line.startswith("default test ")


@pytest.mark.fact("access-log-format", "access-log-settings")
def test_the_events_of_a_stage_are_written_in_its_format_until_that_is_deleted(api, log, default):
    own = {"ApiId": api.api_id, "StageName": "test"}
    plain = lines_of_a_visit(api, log)
    settings = {"DestinationArn": ARN, "Format": STAGE_FORMAT}
    api.client.update_stage(**own, AccessLogSettings=settings)
    shaped = [json.loads(line) for line in lines_of_a_visit(api, log)]
    api.client.delete_access_log_settings(**own)
    again = lines_of_a_visit(api, log)

    assert [line["of"] for line in shaped] == EVENTS
    assert {line["stage"] for line in shaped} == {"test"}
    assert "-" not in {line["id"] for line in shaped}
    assert [len(plain), len(again)] == [4, 4]
    assert all(is_in_the_default(line, default) for line in plain + again)


@pytest.mark.fact("access-log-format")
def test_a_stage_without_a_format_is_written_as_before_beside_one_that_has_one(api, log, default):
    deployment_id = api.client.get_stage(ApiId=api.api_id, StageName="test")["DeploymentId"]
    settings = {"DestinationArn": ARN, "Format": STAGE_FORMAT}
    api.client.create_stage(
        ApiId=api.api_id,
        StageName="other",
        DeploymentId=deployment_id,
        AccessLogSettings=settings,
    )
    lines = lines_of_a_visit(api, log)
    with connect(f"{api.endpoint}/other"):
        pass

    assert len(lines) == 4
    assert all(is_in_the_default(line, default) for line in lines)
    assert json.loads(log.read_text().splitlines()[4]) | {"id": ""} == {
        "stage": "other",
        "id": "",
        "of": "CONNECT",
    }


ALL = "|".join(
    f"$context.{name}"
    for name in (
        "eventType",
        "requestId",
        "extendedRequestId",
        "requestTime",
        "domainName",
        "identity.sourceIp",
        "routeKey",
        "error.responseType",
        "integration.status",
        "integration.integrationStatus",
        "integration.requestId",
    )
)


class Backend(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(202)
        self.send_header("x-amzn-RequestId", "of-the-backend")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture
def backend_url():
    with ThreadingHTTPServer(("127.0.0.1", 0), Backend) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def written(log):
    """The lines of a gateway whose every line has the documented fields of `ALL`."""

    def wait_for(count):
        deadline = time.monotonic() + DEADLINE
        while len(lines := log.read_text().splitlines()) < count:
            assert time.monotonic() < deadline, lines
            time.sleep(0.01)
        return [line.split("|") for line in lines]

    return wait_for


@pytest.mark.fact("access-log-of-connections", "access-log-integration")
@pytest.mark.parametrize("default", [ALL])
def test_the_documented_fields_of_messages_and_posts_are_there(gateway, backend_url, written):
    api = deploy_api(control_plane(gateway.url), backend_url, routes=("$default",))
    with connect(api.url) as socket:
        socket.send("hello")
        written(2)
        gone = refusal_of(api.management, "gbgHN0-zjQAYKEjhgA==").response
    message, post = written(3)[1:3]
    ids = gone["ResponseMetadata"]["HTTPHeaders"]

    assert message[7:] == ["-", "202", "202", "of-the-backend"]
    assert post[:3] == ["POST_TO_CONNECTION", ids["x-amzn-requestid"], ids["x-amz-apigw-id"]]
    assert post[4:8] == ["127.0.0.1", "127.0.0.1", "POST /@connections/{connectionId}", "-"]
    assert re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", post[3])


@pytest.mark.parametrize("default", [ALL])
def test_a_call_without_a_stage_has_a_line_with_the_ids_of_its_answer(gateway, written):
    client = management(gateway.url)
    answered = refusal_of(client, "gbgHN0-zjQAYKEjhgA==").response
    ((kind, request_id, *_, response_type, _, _, _),) = written(1)

    assert (kind, response_type) == ("POST_TO_CONNECTION", "ACCESS_DENIED")
    assert request_id == answered["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


@pytest.mark.fact("headers-of-a-refusal")
@pytest.mark.parametrize("default", [ALL])
def test_a_refused_handshake_has_a_line_with_the_id_of_its_answer(gateway, written):
    with pytest.raises(InvalidStatus) as caught, connect(f"{gateway.url.replace('http', 'ws')}/no"):
        pass
    ((kind, request_id, *_),) = written(1)

    assert (kind, request_id) == ("CONNECT", caught.value.response.headers["x-amz-apigw-id"])


def refusal_of(client, connection_id):
    with pytest.raises(ClientError) as caught:
        client.post_to_connection(ConnectionId=connection_id, Data=b"hello")
    return caught.value
