import json
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from django_aws_api_gateway_websockets.channels import Channel
from django_aws_api_gateway_websockets.channels.registry import unregister
from django_aws_api_gateway_websockets.models import WebSocketSession
from tests import events
from tests.delivery.recording_server import recorded_posts


@pytest.fixture
def server(settings):
    """A server in API Gateway's place: it takes posts on a real socket."""
    with recorded_posts(settings) as running:
        yield running


@pytest.fixture
def kinds():
    """Kinds of channels, declared for one test."""

    class Room(Channel):
        """Members of the group of its name."""

        pattern = "room-<int:pk>"
        presence = True

        def may_subscribe(self, user):
            return user.groups.filter(name=self.name).exists()

        def may_publish(self, user):
            return user.is_staff

    class Board(Channel):
        """Everybody; staff may publish."""

        pattern = "board-<slug:name_of_board>"

        def may_subscribe(self, user):
            return True

        def may_publish(self, user):
            return user.is_staff

    class Hall(Channel):
        """Everybody, and all are only counted."""

        pattern = "hall-<str:title>"
        presence = "count"

        def may_subscribe(self, user):
            return True

    class Secret(Channel):
        """Nobody: it says nothing about who may subscribe."""

        pattern = "secret-<uuid:pk>"

    declared = [Room, Board, Hall, Secret]
    yield SimpleNamespace(**{kind.__name__: kind for kind in declared})
    for kind in declared:
        unregister(kind)


@pytest.fixture
def ada(kinds):
    """A member of the group that lets into a room."""
    user = get_user_model().objects.create_user("ada")
    user.groups.add(Group.objects.create(name="room-7"))
    return user


@pytest.fixture
def open_socket(api_gateway):
    """Makes the row of a connection."""

    def make(connection_id=events.CONNECTION_ID, user=None, **values):
        if isinstance(user, str):
            user, _ = get_user_model().objects.get_or_create(username=user)
        return WebSocketSession.objects.create(
            connection_id=connection_id, user=user, api_gateway=api_gateway, **values
        )

    return make


@pytest.fixture
def frames(server):
    """Frames that were posted, by connection id."""

    def read(connection_id=events.CONNECTION_ID):
        return [
            json.loads(request.body)
            for request in server.arrived
            if request.connection_id == connection_id and request.method == "POST"
        ]

    return read
