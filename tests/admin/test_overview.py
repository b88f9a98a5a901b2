"""The overview in the admin: what it shows, to whom, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from django_aws_api_gateway_websockets.admin import figures
from django_aws_api_gateway_websockets.models import (
    AttemptWindow,
    ConnectionRateLimit,
    RelayTask,
    WebSocketSession,
    WebSocketToken,
)
from django_aws_api_gateway_websockets.models.channel_state import ChannelState
from django_aws_api_gateway_websockets.models.queued_broadcast import QueuedBroadcast
from tests.admin.pages import APP

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

URL = f"/admin/{APP}/overview/"
MANY = 100_000


def open_sockets(number: int, *, first: int = 0, **columns: Any) -> list[WebSocketSession]:
    return WebSocketSession.objects.bulk_create(
        [
            WebSocketSession(
                **{"connection_id": f"{first + one}=", "channel_name": "general", **columns}
            )
            for one in range(number)
        ]
    )


def put_back(hours: float, *, closed_after: float | None = None) -> None:
    """Let the sockets that are open have been opened so long ago."""
    opened = timezone.now() - timedelta(hours=hours)
    changes: dict[str, Any] = {"created_on": opened, "updated_on": opened}
    if closed_after is not None:
        changes |= {"updated_on": opened + timedelta(hours=closed_after), "connected": False}
    WebSocketSession.objects.filter(connected=True).update(**changes)


def shown(client, url: str = URL) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_is_at_its_address_and_linked_from_the_index(root):
    assert reverse(f"admin:{APP}_overview_changelist") == URL

    assert f'href="{URL}"' in root.get("/admin/").content.decode()
    assert f'href="{URL}"' in root.get(f"/admin/{APP}/").content.decode()


def test_an_empty_project_has_a_page(root):
    page = shown(root)

    for text in (
        "<strong>0</strong> open now",
        "Nobody is in a channel.",
        "No connect with a token was refused.",
        "Nobody is locked out.",
        "It has never run.",
    ):
        assert text in page
    assert "Broadcasts under way" not in page


def test_sockets_are_counted_at_each_hour_of_the_day():
    open_sockets(3)
    put_back(10.5, closed_after=1)
    open_sockets(2, first=10)
    put_back(1.5)
    open_sockets(1, first=20)

    day = figures.read_day()

    assert len(day.hours) == 25
    assert (day.live, day.opened, day.messages) == (3, 6, 0)
    # Ten hours ago three were open, nine hours ago none of them; one hour ago there were two.
    assert (day.hours[14], day.hours[15], day.hours[22], day.hours[23], day.hours[24]) == (
        3,
        0,
        0,
        2,
        3,
    )


def test_sockets_of_days_ago_are_left_out():
    open_sockets(4)
    put_back(40, closed_after=1)

    day = figures.read_day()

    assert (day.live, day.opened, max(day.hours), day.is_partial) == (0, 0, 0, False)


def test_more_sockets_than_are_looked_at_are_told_of(root, monkeypatch):
    monkeypatch.setattr(figures, "LATEST", 3)
    open_sockets(5)

    assert figures.read_day().is_partial
    assert "the latest 100000 sockets are counted" in shown(root)


def test_messages_are_counted_where_a_setting_does_so(root, settings):
    open_sockets(2, request_count=6)
    assert "<strong>10</strong> messages from these" in shown(root)

    settings.WEBSOCKETS = {"count_messages": False}
    assert 'WEBSOCKETS["count_messages"] = True' in shown(root)


def test_a_channel_has_its_sockets_however_they_came_and_its_members(root):
    sessions = open_sockets(3, channel_name="room-1")
    open_sockets(1, first=10, channel_name="room-2")
    open_sockets(1, first=20, channel_name="room-2", connected=False)
    open_sockets(1, first=30, channel_name="")
    sessions[0].subscribe("room-1")
    for session in sessions:
        session.subscribe("room-2")
    ChannelState.objects.update_or_create(name="room-1", defaults={"member_count": 2})

    busy = figures.read_busy_channels()

    assert [(one.name, one.by_default, one.subscribed, one.sockets) for one in busy] == [
        ("room-2", 1, 3, 4),
        ("room-1", 3, 0, 3),
    ]
    assert {one.name: one.members for one in busy}["room-1"] == 2
    assert "channel_name=room-1" in shown(root)


def test_no_more_than_twenty_channels_are_shown():
    for number in range(25):
        open_sockets(1, first=number, channel_name=f"room-{number}")

    assert len(figures.read_busy_channels()) == 20


def test_refusals_are_told_by_their_reasons(root, django_user_model):
    ada = django_user_model.objects.create(username="ada")
    for successful in (True, False, False):
        ConnectionRateLimit.record_attempt("203.0.113.9", ada, successful=successful)
    for number, reason in enumerate(["Permission Denied", "Permission Denied", ""]):
        WebSocketToken.objects.create(
            token=f"{number:064x}", user=ada, session_key="5e" * 32, refusal=reason
        )

    page = shown(root)

    assert "2 of 3 attempts to connect</a> were refused" in page
    assert "<td>Permission Denied</td><td>2</td>" in page


def test_addresses_and_users_locked_out_are_named_with_a_link(root):
    AttemptWindow.objects.create(key="ip:203.0.113.9/32", attempts=99, opened_at=timezone.now())
    AttemptWindow.objects.create(key="token:77", attempts=99, opened_at=timezone.now())

    page = shown(root)

    assert "<li>203.0.113.9: until" in page
    assert "<li>user 77: until" in page
    assert f'href="/admin/{APP}/connectionratelimit/">Locked out now' in page


def test_the_relay_says_what_it_is_late_with(root):
    late = timezone.now() - timedelta(minutes=7)
    ChannelState.objects.create(name="room-1", due_on=late)
    ChannelState.objects.create(name="room-2", due_on=timezone.now() + timedelta(hours=1))
    RelayTask.objects.create(name="presence", done_on=late)
    RelayTask.objects.create(name="ghosts")

    page = shown(root)

    assert "1 channel waits to be looked at, the first for 7 minutes." in page
    assert "<td>presence</td><td>7 minutes ago</td>" in page
    assert "<td>ghosts</td><td>never</td>" in page


def test_a_broadcast_under_way_has_its_progress_and_speed(root):
    broadcast = QueuedBroadcast.objects.create(text="A secret text")
    for number in range(4):
        broadcast.ranges.create(
            api_id="a", stage="s", session_keys=[], position=500, is_finished=number == 0
        )
    QueuedBroadcast.objects.filter(pk=broadcast.pk).update(
        created_on=timezone.now() - timedelta(seconds=10)
    )
    QueuedBroadcast.objects.create(text="done", finished_on=timezone.now())

    [one] = figures.read_broadcasts()
    page = shown(root)

    assert (one.parts, one.finished, one.sockets, one.percent) == (4, 1, 2000, 25)
    assert 100 < one.per_second <= 200
    assert "1 of 4 parts" in page
    assert "A secret text" not in page


def test_it_refreshes_itself_without_a_script_until_it_is_told_not_to(root):
    assert '<meta http-equiv="refresh" content="30">' in shown(root)
    assert 'http-equiv="refresh"' not in shown(root, f"{URL}?still=1")


def test_nobody_comes_in_without_the_right_to_see_sessions(client, client_of):
    assert client.get(URL).status_code == 302
    assert client_of("view_apigateway").get(URL).status_code == 403


def test_tables_that_somebody_may_not_see_are_left_out(client_of):
    open_sockets(1)

    page = shown(client_of("view_websocketsession"))

    assert "<strong>1</strong> open now" in page
    assert "Channels with the most sockets" not in page
    assert "You may look at neither attempts nor tokens." in page


def test_nothing_but_the_page_has_an_address_and_nothing_is_written(root):
    open_sockets(1)

    for url in (f"{URL}add/", f"{URL}1/change/", f"{URL}1/delete/"):
        assert root.get(url).status_code == 404
    with CaptureQueriesContext(connection) as statements:
        root.get(URL)
    assert all(one["sql"].startswith("SELECT") for one in statements)


def test_no_migration_is_wanted():
    call_command("makemigrations", APP, check=True, dry_run=True, verbosity=0)


def test_it_costs_the_same_number_of_statements_for_any_number_of_rows(
    root, django_assert_max_num_queries, django_user_model
):
    open_sockets(300)
    for number in range(30):
        user = django_user_model.objects.create(username=f"user{number}")
        AttemptWindow.objects.create(key=f"user:{user.pk}", attempts=99, opened_at=timezone.now())
        QueuedBroadcast.objects.create(text="x").ranges.create(
            api_id="a", stage="s", session_keys=[1]
        )

    # Two are Django's own, for the login.
    with django_assert_max_num_queries(20):
        page = root.get(URL)

    assert len(page.content) < 100_000


@pytest.mark.slow
def test_with_a_hundred_thousand_sessions_statements_read_no_more_than_those(root):
    user = get_user_model().objects.first()
    WebSocketSession.objects.bulk_create(
        (
            WebSocketSession(
                connection_id=f"{number}=",
                channel_name=f"channel-{number % 500}",
                user=user,
                connected=number % 10 == 0,
            )
            for number in range(MANY)
        ),
        batch_size=5_000,
    )
    with connection.cursor() as cursor:
        table = f" TABLE {WebSocketSession._meta.db_table}" if connection.vendor == "mysql" else ""
        cursor.execute(f"ANALYZE{table}")
    root.get(URL)

    with CaptureQueriesContext(connection) as statements:
        page = shown(root)

    assert f"<strong>{MANY // 10}</strong> open now" in page
    assert len(statements) <= 20
