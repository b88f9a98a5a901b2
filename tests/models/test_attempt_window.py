from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from django_aws_api_gateway_websockets.models import AttemptWindow, attempt_key
from django_aws_api_gateway_websockets.models.attempt_window import Seen
from django_aws_api_gateway_websockets.views import WebSocketView
from tests import events
from tests.project.views import OpenView
from tests.races import race

KEY = "ip:203.0.113.7/32"


def take(limit: int = 3, *, opened_at: datetime | Seen = Seen.NOT_LOOKED) -> bool:
    return AttemptWindow.take(KEY, limit=limit, window_seconds=60, opened_at=opened_at)


@pytest.mark.django_db
class TestOneAfterTheOther:
    def test_as_many_attempts_pass_as_the_limit_says(self):
        assert [take() for _ in range(5)] == [True, True, True, False, False]

    def test_refused_attempts_do_not_keep_the_window_closed(self):
        for _ in range(30):
            take()
        AttemptWindow.objects.update(opened_at=timezone.now() - timedelta(seconds=61))

        assert [take() for _ in range(4)] == [True, True, True, False]

    def test_an_attempt_costs_a_look_and_a_statement(self, django_assert_num_queries):
        with django_assert_num_queries(4):  # Two of them are a test's savepoint.
            take()
        with django_assert_num_queries(2):
            take()
        AttemptWindow.objects.update(opened_at=timezone.now() - timedelta(seconds=61))
        with django_assert_num_queries(2):
            take()

    def test_the_count_decides_whatever_the_caller_has_seen(self, django_assert_num_queries):
        long_ago, now = timezone.now() - timedelta(days=1), timezone.now()

        with django_assert_num_queries(3):  # Two of them are a test's savepoint.
            assert take(4, opened_at=Seen.NOWHERE)
        assert [take(4, opened_at=seen) for seen in (now, long_ago, Seen.NOWHERE)] == [True] * 3
        assert not any(take(4, opened_at=seen) for seen in (now, long_ago, Seen.NOWHERE))

    def test_it_works_inside_a_transaction(self):
        with transaction.atomic():
            assert [take(1), take(1)] == [True, False]

        assert str(AttemptWindow.objects.get()).startswith(f"{KEY}: 1 since ")

    def test_windows_that_closed_long_ago_are_deleted(self):
        take()
        AttemptWindow.objects.update(opened_at=timezone.now() - timedelta(seconds=100))
        AttemptWindow.take("other", limit=1, window_seconds=60)

        assert AttemptWindow.delete_closed(90) == 1


LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("seen", "is_there"),
    [
        (Seen.NOT_LOOKED, False),
        (Seen.NOT_LOOKED, True),
        (Seen.NOWHERE, False),
        (LONG_AGO, True),
    ],
)
def test_of_racing_attempts_exactly_the_limit_passes(seen, is_there):
    if is_there:
        AttemptWindow.objects.create(key=KEY, attempts=20, opened_at=LONG_AGO)

    passed = race(lambda number: take(20, opened_at=seen), times=100)

    assert (passed.count(True), passed.count(False)) == (20, 80)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "ip:203.0.113.7/32"),
        ("2001:db8:1:2:3:4:5:6", "ip:2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "ip:2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "ip:203.0.113.7/32"),
        ("fe80::1%" + "x" * 300, "ip:fe80::/64"),
    ],
)
def test_an_address_is_counted_by_what_one_subscriber_has(address, key):
    assert attempt_key(address) == key
    assert attempt_key(address, AnonymousUser()) == key


def test_a_user_is_counted_alone():
    user = get_user_model()(pk=42)

    assert attempt_key("203.0.113.7", user) == "user:42"


@pytest.mark.django_db
@pytest.mark.database
def test_users_with_long_primary_keys_are_counted_alone_too():
    ada, bob = (get_user_model()(pk=f"{name}@{'x' * 200}.example.com") for name in ("ada", "bob"))
    keys = [attempt_key("203.0.113.7", user) for user in (ada, ada, bob)]

    taken = [AttemptWindow.take(key, limit=1, window_seconds=60) for key in keys]

    assert taken == [True, False, True]


@pytest.mark.django_db
def test_a_user_the_project_puts_in_on_connect_is_counted_by_their_own_window(
    client, api_gateway, monkeypatch
):
    ada = get_user_model().objects.create_user("ada")
    AttemptWindow.objects.create(key=f"user:{ada.pk}", attempts=20, opened_at=LONG_AGO)

    def connect(self, request, *args, **kwargs):
        request.user = ada
        return WebSocketView.connect(self, request, *args, **kwargs)

    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    monkeypatch.setattr(OpenView, "connect", connect)

    assert events.connect(client).status_code == 200
    assert AttemptWindow.objects.get().attempts == 1
