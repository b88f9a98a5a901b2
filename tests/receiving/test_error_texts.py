"""The log's line about each mistake: event, reason, remedy and connection.

A row for each thing a user can get wrong; texts of what a client is told are tested elsewhere.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ChannelPermission,
    WebSocketSession,
    WebSocketToken,
)
from django_aws_api_gateway_websockets.views import WebSocketView
from tests import events
from tests.project.views import OpenView

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PARENT = "django_aws_api_gateway_websockets"


@dataclass
class Site:
    """The site in which a row goes wrong."""

    client: Client
    token: WebSocketToken
    gateway: ApiGateway
    settings: Any
    monkeypatch: pytest.MonkeyPatch

    def connect_with(self, token: str, **headers: str) -> None:
        events.connect(self.client, "/token-ws/connect", f"?ws_token={token}", **headers)

    def say(self, message: Any, **headers: str) -> None:
        WebSocketSession.objects.get_or_create(
            connection_id=events.CONNECTION_ID, api_gateway=self.gateway
        )
        events.message(self.client, message, **headers)

    def set(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            self.monkeypatch.setattr(OpenView, name, value)


@pytest.fixture
def site(client, api_gateway, settings, monkeypatch) -> Site:
    user = get_user_model().objects.create_user("ada")
    client.force_login(user)
    client.raise_request_exception = False
    token = WebSocketToken.generate_token(user, client.session.session_key)
    return Site(client, token, api_gateway, settings, monkeypatch)


def secret_too_short(site: Site) -> None:
    site.settings.WEBSOCKETS = {"gateway_secret": "hunter2"}
    events.connect(site.client, X_Ws_Gateway_Secret="hunter2")


def used_token(site: Site) -> None:
    site.connect_with(site.token.token, Connectionid="first=")
    site.connect_with(site.token.token)


def expired_token(site: Site) -> None:
    WebSocketToken.objects.update(created_at=timezone.now() - timedelta(seconds=72))
    site.connect_with(site.token.token)


def token_of_another_session(site: Site) -> None:
    site.client.logout()
    site.client.force_login(get_user_model().objects.get())
    site.connect_with(site.token.token)


def token_of_an_inactive_user(site: Site) -> None:
    get_user_model().objects.update(is_active=False)
    site.connect_with(site.token.token)


def header_removed_by_a_proxy(site: Site) -> None:
    headers = events.without(events.COMMON_HEADERS, "X-Real-Ip")
    site.client.post("/ws/default", {}, content_type="application/json", headers=headers)


def channel_with_a_rule(site: Site) -> None:
    ChannelPermission.objects.create(channel_name="room-7", access="superuser_only")
    events.connect(site.client, query="?channel=room-7")


def unlisted_channel(site: Site) -> None:
    site.set(ALLOW_UNLISTED_CHANNELS=False)
    events.connect(Client(), query="?channel=room-7")


def channel_with_a_rule_in_code(site: Site) -> None:
    site.set(can_join_channel=lambda self, request, channel: False)
    events.connect(site.client, query="?channel=room-7")


def change_to_a_channel_with_a_rule(site: Site) -> None:
    ChannelPermission.objects.create(channel_name="room-7", access="staff_only")
    site.say({"action": "change_channel", "channel": "room-7"})


def permissions_of_a_connect(site: Site) -> None:
    site.set(CHECK_PERMISSIONS_ON_CONNECT=True, all_permissions_required=["auth.view_user"])
    events.connect(site.client)


def permissions_of_a_message(site: Site) -> None:
    site.set(permissions_required=["auth.view_user"])
    site.say({"action": "shout"})


def too_many_attempts(site: Site) -> None:
    site.settings.WEBSOCKETS = {"rate_limit_max_attempts": 20}
    site.set(RATE_LIMIT_ENABLED=True)
    for number in range(20):
        events.connect(site.client, Connectionid=f"{number}=")
    events.connect(site.client)


def too_many_attempts_for_a_view(site: Site) -> None:
    site.set(RATE_LIMIT_ENABLED=True, RATE_LIMIT_MAX_ATTEMPTS=1, RATE_LIMIT_WINDOW_MINUTES=2)
    events.connect(Client(), Connectionid="1=")
    events.connect(Client())


def too_many_tokens(site: Site) -> None:
    site.settings.WEBSOCKETS = {"token_rate_limit_per_minute": 1}
    site.client.post("/api/ws-token/")


def no_handler(site: Site) -> None:
    site.set(default=WebSocketView.default)
    site.say({"action": "shuot"})


ID = f'"{events.CONNECTION_ID}"'
REFUSED = "A connection was refused: Invalid or expired token: "
NOT_ALLOWED = 'Permission Denied: %s is not allowed to join "room-7": %s said no'

ROWS: dict[str, tuple[Callable[[Site], None], str, str]] = {
    "secret too short": (
        secret_too_short,
        "WARNING",
        (
            "A request without an accepted gateway secret was refused: none that is configured can "
            "be used, see E001."
        ),
    ),
    "token missing": (
        lambda site: site.connect_with(""),
        "WARNING",
        f"{REFUSED}there is no ws_token",
    ),
    "token malformed": (
        lambda site: site.connect_with("A" * 64),
        "WARNING",
        f"{REFUSED}ws_token has not the form of a token",
    ),
    "token unknown": (
        lambda site: site.connect_with("0" * 64),
        "WARNING",
        f"{REFUSED}the token is unknown: made up, or deleted since",
    ),
    "token used": (used_token, "WARNING", f"{REFUSED}the token has been used already; fetch"),
    "token expired": (expired_token, "WARNING", f"{REFUSED}the token expired 12 s ago"),
    "token of another session": (
        token_of_another_session,
        "WARNING",
        f"{REFUSED}the token was made for another session",
    ),
    "token of an inactive user": (
        token_of_an_inactive_user,
        "WARNING",
        f"{REFUSED}its user is inactive",
    ),
    "no session": (
        lambda site: events.connect(Client(), "/token-ws/connect"),
        "WARNING",
        "A connection was refused: Invalid session: no Django session came along; log in first",
    ),
    "header removed by a proxy": (
        header_removed_by_a_proxy,
        "WARNING",
        (
            "A request was refused: it lacks X-Real-Ip, which a proxy in front of Django may have "
            "removed: let it through, or shorten additional_required_headers"
        ),
    ),
    "handler unknown": (
        lambda site: site.say({"action": "shuot"}),
        "WARNING",
        (
            f'A message of connection {events.CONNECTION_ID} goes to default(): handler "shuot" '
            'unknown; did you mean "shout"? allowed: broken, change_channel, default, shout, silent'
        ),
    ),
    "handler like no other": (
        lambda site: site.say({"handler": "\r\n\x1b[31m" + "x" * 90}),
        "INFO",
        'handler "\\r\\n\\u001b[31m' + "x" * 57 + '"… unknown; allowed: broken, change_channel',
    ),
    "no default": (
        no_handler,
        "ERROR",
        (
            "OpenView has no handler for this message: define default(), or a method with the name "
            'clients send as handler or action; handler "shuot" unknown; did you mean "shout"?'
        ),
    ),
    "channel with a rule": (
        channel_with_a_rule,
        "WARNING",
        NOT_ALLOWED % ("user {user}", "ChannelPermission room-7 (Super admin only)"),
    ),
    "unlisted channel": (
        unlisted_channel,
        "WARNING",
        NOT_ALLOWED
        % (
            "an anonymous user",
            "there is no ChannelPermission, so OpenView.ALLOW_UNLISTED_CHANNELS",
        ),
    ),
    "channel with a rule in code": (
        channel_with_a_rule_in_code,
        "WARNING",
        NOT_ALLOWED % ("user {user}", "OpenView.can_join_channel()"),
    ),
    "change to a channel with a rule": (
        change_to_a_channel_with_a_rule,
        "WARNING",
        "A change of channel was refused: "
        + NOT_ALLOWED % ("an anonymous user", "ChannelPermission room-7 (Staff only)"),
    ),
    "change to what is no channel": (
        lambda site: site.say({"action": "change_channel", "channel": "a\nb"}),
        "WARNING",
        'A change of channel was refused: Invalid channel: "a\\nb"',
    ),
    "permissions of a connect": (
        permissions_of_a_connect,
        "WARNING",
        (
            "A connection was refused: Permission Denied: OpenView.all_permissions_required "
            "(auth.view_user) said no"
        ),
    ),
    "permissions of a message": (
        permissions_of_a_message,
        "WARNING",
        (
            "A message was refused: Permission Denied: OpenView.permissions_required "
            "(auth.view_user) said no"
        ),
    ),
    "message that names nothing": (
        lambda site: site.say({"text": "hi"}),
        "WARNING",
        'A message was refused: neither "handler" nor "action" is in it',
    ),
    "message that is no object": (
        lambda site: site.say(b"[1]"),
        "WARNING",
        "A message was refused: Body is not a JSON object",
    ),
    "connection unknown": (
        lambda site: events.message(site.client, {"action": "shout"}),
        "WARNING",
        (
            "A message was refused: Invalid connection ID: it is closed or unknown here, or its "
            "login has ended"
        ),
    ),
    "disconnect unknown": (
        lambda site: events.disconnect(site.client),
        "WARNING",
        "A disconnect was refused: Invalid connection ID: it is closed or unknown here",
    ),
    "rate limited": (
        too_many_attempts,
        "WARNING",
        (
            "A connection was refused: user:{user} has used up the 20 attempts of a minute; retry "
            'in {seconds} s; WEBSOCKETS["rate_limit_max_attempts"] sets the limit'
        ),
    ),
    "rate limited by the view": (
        too_many_attempts_for_a_view,
        "WARNING",
        (
            "A connection was refused: ip:203.0.113.7/32 has used up the 1 attempts of 2 minutes; "
            "retry in {seconds} s; OpenView.RATE_LIMIT_MAX_ATTEMPTS sets the limit"
        ),
    ),
    "tokens rate limited": (
        too_many_tokens,
        "WARNING",
        (
            "A token was refused: user {user} has used up the 1 tokens of a minute; retry in "
            '{seconds} s; WEBSOCKETS["token_rate_limit_per_minute"] sets the limit'
        ),
    ),
}
NAMES_NO_CONNECTION = {"secret too short", "tokens rate limited"}


@pytest.mark.parametrize("row", ROWS)
def test_the_log_says_what_went_wrong_once_and_of_which_connection(site, caplog, row):
    go_wrong, level, text = ROWS[row]
    secrets = ["hunter2", site.token.token, site.client.session.session_key]
    caplog.set_level(logging.INFO)

    go_wrong(site)

    ours = [record for record in caplog.records if record.name.startswith(PARENT)]
    text = text.replace("{user}", str(get_user_model().objects.get().pk))
    pattern = re.escape(text).replace(re.escape("{seconds}"), r"\d+")
    lines = [f"{record.getMessage()} {record.exc_info or ''}" for record in ours]
    found = [line for line in lines if re.search(pattern, line)]
    assert len(found) == 1, lines
    assert ours[-1].levelname == level
    if row not in NAMES_NO_CONNECTION and level != "ERROR":
        assert events.CONNECTION_ID in found[0]
    # A handler that failed has a line of its own.
    assert len(ours) == (2 if level == "ERROR" else 1), lines
    assert not [secret for secret in secrets if secret in caplog.text]
