"""A message sent to a connection while its own connect is being answered."""

import pytest
from asgiref.sync import sync_to_async
from django.urls import path

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.models.connecting import really_gone
from tests import events
from tests.project.urls import urlpatterns as project_urls
from tests.project.views import LiveView
from tests.stack import answer, ask, make_stack

pytestmark = pytest.mark.django_db(transaction=True)

SENDS = {
    "one": lambda session: session.send_message({"hello": 1}),
    "many": lambda session: WebSocketSession.objects.send_message({"hello": 1}),
    "broadcast": lambda session: WebSocketSession.objects.broadcast({"hello": 1}),
}


class HastyView(LiveView):
    """Greets too early."""

    ADDITIONAL_ALLOWED_HANDLERS = ("reply",)
    send = SENDS["one"]

    def connect(self, request, *args, **kwargs):
        refusal = super().connect(request, *args, **kwargs)
        session = WebSocketSession.objects.get(connection_id=request.headers["Connectionid"])
        type(self).send(session)
        return refusal


class HastyAsyncView(HastyView):
    """Likewise, in the event loop."""

    async def connect(self, request, *args, **kwargs):
        return await sync_to_async(super().connect)(request, *args, **kwargs)


urlpatterns = [
    *project_urls,
    path("hasty/<slug:route>", HastyView.as_view()),
    path("hasty-async/<slug:route>", HastyAsyncView.as_view()),
]


@pytest.mark.parametrize("url", ["/hasty/", "/hasty-async/"])
@pytest.mark.parametrize("send", SENDS)
def test_a_message_sent_too_early_is_lost_and_told_and_closes_nothing(
    live_server, local_gateway, settings, monkeypatch, caplog, url, send
):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(HastyView, "send", staticmethod(SENDS[send]))
    stack = make_stack(live_server, url)
    closed = WebSocketSession.objects.create(
        connection_id="L0SM9cOFvHcCIhw=", api_gateway=stack.gateway
    )

    with stack.connect() as socket:
        ask(socket, action="reply", text="still there?")

        assert answer(socket) == {"you sent": "still there?"}

    said = [record.getMessage() for record in caplog.records if "handshake" in record.msg]
    assert len(said) == 1
    assert "socket is not open until the handshake returns; use a handler that answers" in said[0]
    closed.refresh_from_db()
    # A send to many finds the other connection gone.
    assert closed.connected is (send == "one")


def test_after_its_connect_a_connection_that_is_gone_is_closed(live_server, local_gateway, caplog):
    stack = make_stack(live_server, "/live-ws/")
    with stack.connect():
        session = WebSocketSession.objects.get()
    WebSocketSession.objects.update(connected=True)

    assert session.send_message({}) is None
    assert session.connected is False
    assert not WebSocketSession.objects.filter(connected=True).exists()
    assert "handshake" not in caplog.text


def test_a_view_that_fails_in_connect_leaves_nobody_connecting(client, api_gateway, monkeypatch):
    def connect(self, request, *args, **kwargs):
        raise LookupError

    monkeypatch.setattr(LiveView, "connect", connect)
    client.raise_request_exception = False

    assert events.connect(client, "/live-ws/connect").status_code == 500
    assert really_gone([events.CONNECTION_ID]) == [events.CONNECTION_ID]
