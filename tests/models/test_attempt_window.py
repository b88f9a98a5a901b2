from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from django_aws_api_gateway_websockets.models import AttemptWindow, attempt_key
from tests.races import race

KEY = "ip:203.0.113.7/32"


def take(limit: int = 3) -> bool:
    return AttemptWindow.take(KEY, limit=limit, window_seconds=60)


@pytest.mark.django_db
class TestOneAfterTheOther:
    def test_as_many_attempts_pass_as_the_limit_says(self):
        assert [take() for _ in range(5)] == [True, True, True, False, False]

    def test_refused_attempts_do_not_keep_the_window_closed(self):
        for _ in range(30):
            take()
        AttemptWindow.objects.update(opened_at=timezone.now() - timedelta(seconds=61))

        assert [take() for _ in range(4)] == [True, True, True, False]

    def test_a_counted_attempt_costs_one_statement_and_a_new_window_two(
        self, django_assert_num_queries
    ):
        with django_assert_num_queries(4):  # Two of them are a test's savepoint.
            take()
        with django_assert_num_queries(1):
            take()

    def test_it_works_inside_a_transaction(self):
        with transaction.atomic():
            assert [take(1), take(1)] == [True, False]

        assert str(AttemptWindow.objects.get()).startswith(f"{KEY}: 1 since ")

    def test_windows_that_closed_long_ago_are_deleted(self):
        take()
        AttemptWindow.objects.update(opened_at=timezone.now() - timedelta(seconds=100))
        AttemptWindow.take("other", limit=1, window_seconds=60)

        assert AttemptWindow.delete_closed(90) == 1


@pytest.mark.django_db(transaction=True)
def test_of_racing_attempts_exactly_the_limit_passes():
    passed = race(lambda number: take(20), times=100)

    assert (passed.count(True), passed.count(False)) == (20, 80)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "ip:203.0.113.7/32"),
        ("2001:db8:1:2:3:4:5:6", "ip:2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "ip:2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "ip:203.0.113.7/32"),
    ],
)
def test_an_address_is_counted_by_what_one_subscriber_has(address, key):
    assert attempt_key(address) == key
    assert attempt_key(address, AnonymousUser()) == key


def test_a_user_is_counted_alone():
    user = get_user_model()(pk=42)

    assert attempt_key("203.0.113.7", user) == "user:42"
