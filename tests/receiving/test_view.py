import logging
import re

import django
import pytest
from django.test import Client

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from tests import events
from tests.project.views import OpenView

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_a_handler_without_answer_is_answered_with_an_empty_object(client, session):
    answer = events.message(client, {"handler": "silent"})

    assert (answer.status_code, answer.json()) == (200, {})


def test_a_failing_handler_is_logged_and_mailed_and_answers_500(
    session, mailoutbox, caplog, settings
):
    settings.ADMINS = ["ada@example.com"] if django.VERSION >= (6,) else [("A", "a@example.com")]
    caplog.set_level(logging.ERROR)
    client = Client(raise_request_exception=False)

    answer = events.message(client, {"handler": "broken"})

    assert answer.status_code == 500
    assert [mail.body for mail in mailoutbox if "Websocket" in mail.subject] == [
        "the handler broke"
    ]
    [ours, djangos] = caplog.records
    assert re.fullmatch(
        r"The handler broken of OpenView failed\. LookupError: the handler broke, "
        rf"at \S+views\.py:\d+; connection {events.CONNECTION_ID}\.",
        ours.getMessage(),
    )
    # One traceback, and the mail about it is Django's as well.
    assert (ours.exc_info, djangos.exc_info[0], djangos.name) == (
        None,
        LookupError,
        "django.request",
    )


def test_an_api_nobody_registered_is_refused(client, session):
    answer = events.message(client, {"action": "x"}, X_Amzn_Apigateway_Api_Id="zzzzzzzzzz")

    assert (answer.status_code, answer.content) == (400, b"Invalid request headers")


def test_an_empty_api_id_does_not_match_a_gateway_that_is_still_pending(client, db):
    ApiGateway.objects.create(api_name="Pending", target_base_endpoint="https://www.example.com/")

    answer = events.connect(client, X_Amzn_Apigateway_Api_Id="")

    assert answer.content == b"Invalid request headers"
    assert not WebSocketSession.objects.exists()


def test_deep_nesting_and_oversize_read_as_an_empty_message(client, session):
    deep = b'{"action": ' + b"[" * 60_000 + b"]" * 60_000 + b"}"
    large = b'{"action": "' + b"x" * 131_072 + b'"}'

    assert events.message(client, deep).content == b"Invalid request format (1)"
    assert events.message(client, large).content == b"Invalid request format (1)"


def test_a_disconnect_closes_the_session_and_may_come_twice(client, session):
    first, second = events.disconnect(client), events.disconnect(client)

    session.refresh_from_db()
    assert session.connected is False
    assert (first.status_code, second.status_code) == (200, 200)


def test_a_disconnect_of_an_unknown_connection_is_refused(client, api_gateway):
    assert events.disconnect(client).content == b"Invalid connection ID"


def test_change_channel_moves_the_connection_and_touches_nothing_else(client, session):
    answer = events.message(client, {"action": "change_channel", "channel": "support"})

    session.refresh_from_db()
    assert answer.json() == {}
    assert (session.channel_name, session.request_count) == ("support", 2)


@pytest.mark.parametrize("channel", ["a b", "", None, "x" * 129, 7, "support\n"])
def test_change_channel_refuses_what_is_no_channel(client, session, channel):
    answer = events.message(client, {"action": "change_channel", "channel": channel})

    session.refresh_from_db()
    assert (answer.status_code, answer.content) == (400, b"Invalid channel")
    assert session.channel_name == "general"


def test_debug_set_on_the_class_keeps_a_log_that_is_safe_to_show(client, session):
    answer = events.message(client, {"action": "x"}, path="/debug-ws/default", X_Extra="<script>")

    assert "Setup completed" in answer.json()["log"]


def test_an_additional_route_url_without_slug_takes_messages(client, session):
    assert events.message(client, {"action": "shout"}, path="/extra/").status_code == 200


def test_a_project_may_use_any_name_for_its_own_methods(client, api_gateway, monkeypatch):
    for name in ("_refuse", "_open_session", "_check_connection", "_run_handler"):
        monkeypatch.setattr(OpenView, name, "not ours to call", raising=False)

    assert events.connect(client, Origin="https://evil.com").status_code == 400
    assert events.connect(client).status_code == 200
    assert events.message(client, {"action": "silent"}).status_code == 200
