"""The real local gateway stands in front of a live server."""

import json
from contextlib import ExitStack
from types import ModuleType

import pytest
from django.urls import path
from websockets.sync.client import connect

from django_aws_api_gateway_websockets.conf import uses_local_gateway
from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.testing import (
    LiveGateway,
    NetworkInTestError,
    OutsideTestError,
    outbox,
)
from tests.testing.site import ChatView

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SECONDS = 10.0


@pytest.fixture
def url(settings) -> None:
    """Let one view be routed, whose API is created in the gateway."""
    settings.WEBSOCKETS = {}
    settings.ROOT_URLCONF = ModuleType("urls")
    settings.ROOT_URLCONF.urlpatterns = [path("ws/<slug:route>", ChatView.as_view())]


def test_a_socket_goes_through_the_real_gateway_and_is_closed_at_the_end(url, live_server):
    with ExitStack() as opened:
        gateway = opened.enter_context(LiveGateway(live_server.url))
        socket = ExitStack()
        client = socket.enter_context(
            connect(
                f"{gateway.websocket_url('/ws/')}?channel=lobby",
                origin=live_server.url,
                open_timeout=SECONDS,
                close_timeout=SECONDS,
            )
        )
        client.send(json.dumps({"action": "shout", "text": "hello"}))
        heard = json.loads(client.recv(SECONDS))
        WebSocketSession.objects.send_message("to all")
        sent = json.loads(client.recv(SECONDS))

    base = gateway.url.replace("http", "ws")
    assert heard == {"shouted": "hello", "by": ""}
    assert sent == "to all"
    assert gateway.lines == [f"ChatView is served at {base}/_aws/execute-api/chatview/production."]
    assert not WebSocketSession.objects.get().connected
    assert not uses_local_gateway()
    socket.close()
    assert client.close_code == 1001


def test_after_the_block_the_network_is_closed_again(url, live_server, session):
    with LiveGateway(live_server.url):
        pass

    with pytest.raises(NetworkInTestError):
        session.send_message("x")


def test_a_view_without_an_api_is_an_error(url, live_server, websocket_gateway):
    websocket_gateway.lines[:] = ["nothing"]
    with pytest.raises(LookupError, match=r"No API leads to /view-of-a-test/\. .*said: nothing"):
        websocket_gateway.websocket_url(ChatView.as_view())


def test_a_start_that_fails_is_told(url, live_server, monkeypatch):
    from django_aws_api_gateway_websockets.gateway import config

    def fail(**options):
        raise OSError("no port is free")

    monkeypatch.setattr(config, "Config", fail)

    with pytest.raises(OSError, match="no port is free"), LiveGateway(live_server.url):
        pass


def test_a_test_has_sockets_in_memory_or_the_real_gateway(url, live_server, websocket_gateway):
    with pytest.raises(OutsideTestError, match="either WebSocketClient, outbox and clock or"):
        outbox.clear()
    websocket_gateway.__exit__(None, None, None)
    outbox.clear()
    with pytest.raises(OutsideTestError), LiveGateway(live_server.url):
        pass
