"""Sending by another address than the API's own, over real sockets."""

from collections.abc import Iterator

import pytest

from django_aws_api_gateway_websockets.management.local_gateway import register_apis
from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    WebSocketSession,
    get_boto3_client,
)
from tests.gateway.processes import gateway_process
from tests.project.views import LiveView
from tests.stack import Stack, answer, ask, make_stack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

# A custom domain needs a dot in its name, and the machine must know it.
DOMAIN = "127.0.0.1"


@pytest.fixture
def stack(live_server, settings) -> Iterator[Stack]:
    """A gateway of its own, one name of which is a custom domain of the API."""
    with gateway_process("--quiet") as gateway:
        address = gateway.url.removeprefix("http://").replace(DOMAIN, "localhost")
        settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": address}
        stack = make_stack(live_server, "/live-ws/")
        control_plane = get_boto3_client()
        control_plane.create_domain_name(
            DomainName=DOMAIN, DomainNameConfigurations=[{"CertificateArn": "arn:x"}]
        )
        control_plane.create_api_mapping(
            DomainName=DOMAIN, ApiId=stack.gateway.api_id, Stage=stack.gateway.stage
        )
        yield stack


def test_messages_go_through_a_custom_domain_whose_path_has_no_stage(stack, settings):
    with stack.connect(channel="general") as socket:
        port = settings.WEBSOCKETS["local_gateway_address"].rpartition(":")[2]
        settings.AWS_ACCESS_KEY_ID = settings.AWS_SECRET_ACCESS_KEY = "local"
        settings.WEBSOCKETS = {"management_endpoint_url": f"http://{DOMAIN}:{port}"}

        one = WebSocketSession.objects.get().send_message({"to": "one"})
        many = WebSocketSession.objects.send_message({"to": "many"})
        WebSocketSession.objects.close()

        assert one["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert len(many) == 1
        assert [answer(socket), answer(socket)] == [{"to": "one"}, {"to": "many"}]


def test_a_view_pinned_to_an_api_without_a_record_can_reply(stack, monkeypatch):
    monkeypatch.setattr(LiveView, "aws_api_gateway_id", stack.gateway.api_id)
    url = stack.gateway.websocket_url()
    monkeypatch.setattr(stack.gateway, "websocket_url", lambda: url)
    type(stack.gateway).objects.all().delete()

    with stack.connect() as socket:
        ask(socket, action="reply", text="hello")

        assert answer(socket) == {"you sent": "hello"}
    assert WebSocketSession.objects.get().api_gateway is None


def test_a_record_with_the_stage_default_serves_and_sends(live_server, settings):
    with gateway_process("--quiet") as gateway:
        address = gateway.url.removeprefix("http://")
        settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": address}
        stack = make_stack(live_server, "/live-ws/", stage_name="$default")

        with stack.connect(channel="general") as socket:
            ask(socket, action="reply", text="hello")
            assert answer(socket) == {"you sent": "hello"}
            WebSocketSession.objects.send_message({"to": "many"})
            assert answer(socket) == {"to": "many"}


def test_a_record_with_the_stage_default_is_registered_as_runserver_does(live_server, settings):
    with gateway_process("--quiet") as gateway:
        address = gateway.url.removeprefix("http://")
        settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": address}
        ApiGateway.objects.create(
            api_name="Live",
            target_base_endpoint=f"{live_server.url}/live-ws/",
            stage_name="$default",
        )
        for _ in range(2):
            lines = list(register_apis(live_server.url))
            url = ApiGateway.objects.get(api_name="Live").websocket_url()

            assert url.endswith("/$default")
            assert [line for line in lines if url in line]
