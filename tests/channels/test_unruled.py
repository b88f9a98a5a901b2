"""A later question takes nobody out whom the rules have not let in."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import path
from django.utils import timezone

from django_aws_api_gateway_websockets.channels import relay
from django_aws_api_gateway_websockets.channels.layer import channel_layer
from django_aws_api_gateway_websockets.models import Subscription
from tests import events
from tests.project.views import SpeakingView

pytestmark = pytest.mark.django_db(transaction=True)


def save_user(user):
    user.save()


def let_the_relay_ask(user):
    Subscription.objects.update(checked_on=timezone.now() - timedelta(minutes=11))
    relay.Relay().run_due(at_once=True)


@pytest.mark.parametrize("ask", [save_user, let_the_relay_ask])
def test_a_user_whom_can_join_channel_lets_in_stays(kinds, open_socket, frames, monkeypatch, ask):
    user = get_user_model().objects.create_user("ada")
    open_socket(user=user, client_id="c")
    monkeypatch.setattr(SpeakingView, "can_join_channel", lambda self, request, name: True)
    frame = {"action": "subscribe", "id": "1", "channels": {"room-7": None}}
    events.message(Client(), frame, path="/speaking-ws/default")
    assert Subscription.objects.exists()

    ask(user)

    assert Subscription.objects.exists()


@pytest.mark.parametrize("ask", [save_user, let_the_relay_ask])
def test_a_user_let_in_without_a_check_stays(kinds, open_socket, server, ask):
    user = get_user_model().objects.create_user("ada")
    open_socket(user=user).subscribe("room-7", check=False)

    ask(user)

    assert Subscription.objects.exists()


@pytest.mark.parametrize("ask", [save_user, let_the_relay_ask])
def test_a_user_whom_the_channel_layer_has_put_in_stays(kinds, open_socket, server, ask):
    user = get_user_model().objects.create_user("ada")
    async_to_sync(channel_layer.group_add)("room-7", open_socket(user=user).connection_id)

    ask(user)
    kinds.Room(pk=7).recheck()

    assert Subscription.objects.exists()


@pytest.mark.urls(__name__)
def test_a_default_channel_stays_where_a_view_decides_itself(kinds, open_socket, server):
    user = get_user_model().objects.create_user("ada")
    session = open_socket(user=user, channel_name="room-7")

    user.save()

    session.refresh_from_db()
    assert session.channel_name == "room-7"


class DecidingView(SpeakingView):
    """Decides itself."""

    def can_join_channel(self, request, channel_name):
        return True


urlpatterns = [path("ws/<slug:route>", DecidingView.as_view())]
