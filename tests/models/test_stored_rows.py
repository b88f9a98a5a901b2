"""Every row that the package stores itself is valid as it is stored."""

import uuid

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from django_aws_api_gateway_websockets.channels import Channel
from django_aws_api_gateway_websockets.channels.presence import announce
from django_aws_api_gateway_websockets.channels.registry import unregister
from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    BroadcastRange,
    ChannelPermission,
    RelayTask,
    WebSocketSession,
    WebSocketToken,
)
from tests import events

pytestmark = pytest.mark.django_db


def test_each_row_is_valid_as_it_is_stored(api_gateway):
    browser = Client()
    browser.force_login(get_user_model().objects.create_user("ada"))
    ChannelPermission.objects.create(channel_name="general").rules.create()
    token = browser.post("/api/ws-token/").json()["token"]
    events.connect(browser, "/token-ws/connect", f"?ws_token={token}&channel=general")
    events.connect(Client(), Connectionid="anonymous=")
    # Saved without signals, so that AWS is not asked.
    ApiGatewayAdditionalRoute.objects.bulk_create(
        [
            ApiGatewayAdditionalRoute(
                api_gateway=api_gateway,
                name="join",
                route_key="join",
                integration_url="https://www.example.com/ws/join",
            )
        ]
    )
    queued = WebSocketSession.objects.enqueue_broadcast({"n": 1})
    WebSocketSession.objects.none().enqueue_broadcast({"n": 1})
    BroadcastRange.objects.get().full_clean()
    part = BroadcastRange.claim_next(queued)
    BroadcastRange.objects.get().full_clean()
    part.advance(256, queued.report())
    enter_lobby(WebSocketSession.objects.first())
    RelayTask.take("presence", uuid.uuid4(), seconds=60)

    models = list(apps.get_app_config("django_aws_api_gateway_websockets").get_models())
    for model in models:
        for row in model._default_manager.all():
            row.full_clean()

    empty = [model.__name__ for model in models if not model._default_manager.exists()]
    assert empty == []


def enter_lobby(session):
    """Put a connection into a channel with presence, and announce it."""

    class Lobby(Channel):
        pattern = "lobby"
        presence = True

    try:
        session.subscribe("lobby", check=False)
        announce("lobby")
    finally:
        unregister(Lobby)


@pytest.mark.parametrize(
    ("model", "own", "values"),
    [
        (ApiGateway, {"has_route_responses": False}, {"api_name": "Other"}),
        (WebSocketSession, {"client_id": ""}, {"connection_id": "other="}),
        (WebSocketToken, {"api_id": "", "refusal": ""}, {"token": "5e" * 32}),
    ],
)
def test_servers_of_the_release_before_go_on_storing_rows(session, model, own, values):
    # They know no column that this release has added.
    user = get_user_model().objects.create_user("ada")
    WebSocketToken.objects.create(token="7f" * 32, session_key="5e" * 32, user=user)
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    known = [column for column in columns if column not in own]
    given = [f"'{values[column]}'" if column in values else column for column in known]

    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(known)}) SELECT {', '.join(given)} FROM {table}"
        )

    for row in model.objects.all():
        assert {name: getattr(row, name) for name in own} == own
