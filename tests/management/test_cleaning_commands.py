from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_aws_api_gateway_websockets.models import (
    ConnectionRateLimit,
    Subscription,
    WebSocketSession,
    WebSocketToken,
)

pytestmark = pytest.mark.django_db


def run(command, *arguments, **options):
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def make_session(name, *, connected=True, hours_old=0.0):
    WebSocketSession.objects.create(connection_id=name, connected=connected)
    created_on = timezone.now() - timedelta(hours=hours_old)
    WebSocketSession.objects.filter(connection_id=name).update(created_on=created_on)


def left():
    return set(WebSocketSession.objects.values_list("connection_id", flat=True))


def test_sessions_marked_disconnected_are_deleted():
    make_session("open=")
    make_session("closed=", connected=False)
    make_session("ancient=", hours_old=720)

    assert run("clearWebSocketSessions") == "Deleted 1 sessions\n"
    assert left() == {"open=", "ancient="}


def test_nothing_is_said_at_verbosity_0():
    assert run("clearWebSocketSessions", verbosity=0) == ""


def test_sessions_that_must_have_ended_are_deleted_on_request():
    make_session("young=", hours_old=2.5)
    make_session("stale=", hours_old=3.5)
    make_session("closed=", connected=False)

    assert run("clearWebSocketSessions", "--stale-hours") == "Deleted 2 sessions, 1 of them stale\n"
    assert left() == {"young="}
    run("clearWebSocketSessions", stale_hours=2.25)
    assert left() == set()


@pytest.mark.parametrize("hours", ["2", "0", "-1", "nan"])
def test_connections_that_may_be_open_are_never_stale(hours):
    make_session("open=", hours_old=1)

    with pytest.raises(CommandError, match="more than 2"):
        run("clearWebSocketSessions", f"--stale-hours={hours}")
    assert left() == {"open="}


def test_many_sessions_go_in_batches(django_assert_max_num_queries):
    WebSocketSession.objects.bulk_create(
        WebSocketSession(connection_id=f"{number}=", connected=False) for number in range(2500)
    )

    # For each thousand: what it is, whose sockets are open, and their subscriptions and rows, of
    # which Django deletes a hundred with a statement.
    with django_assert_max_num_queries(3 * 15):
        assert run("clearWebSocketSessions") == "Deleted 2500 sessions\n"


def test_subscriptions_go_with_their_sessions_and_are_not_counted():
    for name in ("a=", "b="):
        session = WebSocketSession.objects.create(connection_id=name, connected=False)
        Subscription.objects.bulk_create(
            [Subscription(session=session, channel_name=channel) for channel in ("news", "sport")]
        )

    assert run("clearWebSocketSessions") == "Deleted 2 sessions\n"
    assert not Subscription.objects.exists()


def make_token(seconds_old):
    user, _ = get_user_model().objects.get_or_create(username="ada")
    token = WebSocketToken.generate_token(user, "session")
    created_at = timezone.now() - timedelta(seconds=seconds_old)
    WebSocketToken.objects.filter(pk=token.pk).update(created_at=created_at)


def make_attempt(days_old):
    attempt = ConnectionRateLimit.objects.create(ip_address="192.0.2.1")
    attempt_time = timezone.now() - timedelta(days=days_old)
    ConnectionRateLimit.objects.filter(pk=attempt.pk).update(attempt_time=attempt_time)


def test_tokens_and_attempts_go_by_age():
    for seconds in (0, 200, 400):
        make_token(seconds)
    for days in (0, 6, 8):
        make_attempt(days)

    assert run("cleanupWebSocketTokens") == (
        "Deleted 1 tokens older than 300 seconds\nDeleted 1 connection attempts older than 7 days\n"
    )
    assert WebSocketToken.objects.count() == 2
    run("cleanupWebSocketTokens", token_age=100, rate_limit_age=1)
    assert WebSocketToken.objects.count() == ConnectionRateLimit.objects.count() == 1


def test_tokens_that_are_accepted_for_longer_are_kept_for_longer(settings):
    settings.WEBSOCKETS = {"token_expiry_seconds": 900}
    make_token(400)

    assert "0 tokens older than 900 seconds" in run("cleanupWebSocketTokens")


@pytest.mark.parametrize("option", ["token_age", "rate_limit_age"])
def test_negative_ages_are_refused_in_both_spellings(option):
    make_token(0)

    with pytest.raises(CommandError, match="negative"):
        run("cleanupWebSocketTokens", **{option: -5})
    with pytest.raises(CommandError, match="negative"):
        run("cleanupWebSocketTokens", f"--{option.replace('_', '-')}=-5")
    assert WebSocketToken.objects.count() == 1
