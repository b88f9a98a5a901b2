"""People who open the admin, and rows for them to look at."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from django_aws_api_gateway_websockets.models import (
    ApiGatewayAdditionalRoute,
    ChannelPermission,
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
)
from tests.admin.pages import APP, MODELS


@pytest.fixture
def client_of(db) -> Callable[..., Client]:
    """Log in a new member of staff who has these permissions, such as `view_apigateway`."""

    def log_in(*codenames: str) -> Client:
        users = get_user_model().objects
        user = users.create_user(f"clerk{users.count()}", is_staff=True)
        granted = Permission.objects.filter(content_type__app_label=APP, codename__in=codenames)
        assert granted.count() == len(codenames)
        user.user_permissions.set(granted)
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def root(admin_user) -> Client:
    """Give the superuser's client."""
    client = Client()
    client.force_login(admin_user)
    return client


@pytest.fixture
def viewer(client_of) -> Client:
    """Give the client of a user who may look at everything and change nothing."""
    return client_of(*(f"view_{model}" for model in (*MODELS, "channelpermissionrule")))


@pytest.fixture
def rows(api_gateway) -> SimpleNamespace:
    """Make a row of each model, with hashes and tokens that a test can look for in a page."""
    user = get_user_model().objects.create_user("ada", email="ada@example.com")
    permission = ChannelPermission.objects.create(channel_name="staff-room", access="permissions")
    permission.rules.create().permissions.set(Permission.objects.order_by("pk")[:2])
    # `bulk_create`, because `save()` would create the route in AWS.
    [route] = ApiGatewayAdditionalRoute.objects.bulk_create(
        [
            ApiGatewayAdditionalRoute(
                api_gateway=api_gateway,
                name="Extra",
                route_key="extra",
                integration_url="https://www.example.com/extra/",
            )
        ]
    )
    return SimpleNamespace(
        user=user,
        apigateway=api_gateway,
        apigatewayadditionalroute=route,
        websocketsession=WebSocketSession.objects.create(
            connection_id="abcdef=",
            channel_name="general",
            user=user,
            api_gateway=api_gateway,
            session_key_hash="5e" * 32,
            auth_hash="a7" * 32,
        ),
        websockettoken=WebSocketToken.objects.create(
            token="0123456789abcdef" + "7f" * 24, user=user, session_key="5e" * 32
        ),
        connectionratelimit=ConnectionRateLimit.objects.create(ip_address="203.0.113.9", user=user),
        channelpermission=permission,
    )
