"""The wire protocol of a Django of this package behind the local gateway, as the kit plays it."""

import asyncio
from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from websockets.asyncio.client import connect

from django_aws_api_gateway_websockets.channels import Channel
from django_aws_api_gateway_websockets.channels.registry import unregister
from tests.conformance.wire.play import judge_server
from tests.stack import Stack, cookie_of, make_stack

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = {
    "channel": "room-7",
    "publish": "room-8",
    "forbidden": "closed-room",
    "read_only": "notices",
    "presence": "lobby",
    "many": "room-",
    "echo": "echo",
    "failing": "broken",
    "unknown_action": "no_such_action",
    "unknown": "unlisted",
}


@dataclass
class Judged:
    """A server that is judged."""

    stack: Stack
    cookie: str

    def play(self):
        """Play every exchange; returns what is wrong with those that did not go as they should."""

        async def connected():
            return await connect(
                self.stack.gateway.websocket_url(),
                origin=self.stack.site,
                additional_headers={"Cookie": self.cookie},
            )

        verdicts = asyncio.run(judge_server(connected, NAMES))
        assert len(verdicts) > 10
        return {one.exchange: one.problem for one in verdicts if one.problem != ""}


@pytest.fixture
def _kinds():
    class Room(Channel):
        pattern = "room-<int:pk>"

        def may_subscribe(self, user):
            return user.is_authenticated

        def may_publish(self, user):
            return user.is_authenticated

    class Closed(Channel):
        pattern = "closed-<slug:name_of_room>"

    class Notices(Channel):
        pattern = "notices"

        def may_subscribe(self, user):
            return True

    class Lobby(Notices):
        pattern = "lobby"
        presence = True

    yield
    for kind in (Room, Closed, Notices, Lobby):
        unregister(kind)


@pytest.fixture(params=[False, True], ids=["by message", "by route response"])
def judged(request, live_server, local_gateway, _kinds):
    stack = make_stack(live_server, "/wire-ws/", has_route_responses=request.param)
    browser = Client()
    browser.force_login(get_user_model().objects.create_user("ada"))
    return Judged(stack, cookie_of(browser))


def test_each_exchange_of_the_kit_goes_as_the_table_says(judged):
    assert judged.play() == {}
