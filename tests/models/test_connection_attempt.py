from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from django_aws_api_gateway_websockets.models import (
    ConnectionRateLimit,
)
from django_aws_api_gateway_websockets.models import (
    connection_attempt as limits,
)

pytestmark = pytest.mark.django_db


def test_twenty_attempts_block_the_next_one():
    for _ in range(20):
        ConnectionRateLimit.record_attempt("203.0.113.7")

    assert ConnectionRateLimit.check_rate_limit("203.0.113.7") == (False, 20)
    assert ConnectionRateLimit.check_rate_limit("203.0.113.8") == (True, 0)


def test_a_user_is_counted_from_all_addresses_and_an_anonymous_client_is_not():
    user = get_user_model().objects.create_user("ada")
    for number in range(3):
        ConnectionRateLimit.record_attempt(f"203.0.113.{number}", user)
        ConnectionRateLimit.record_attempt(f"203.0.113.{number}", AnonymousUser())

    assert ConnectionRateLimit.check_rate_limit("203.0.113.9", user, max_attempts=3) == (False, 3)
    assert ConnectionRateLimit.check_rate_limit("203.0.113.9", AnonymousUser(), 3) == (True, 0)


def test_attempts_before_the_window_are_forgotten(django_assert_num_queries):
    attempt = ConnectionRateLimit.record_attempt("203.0.113.7", None, True)
    ConnectionRateLimit.objects.update(attempt_time=timezone.now() - timedelta(minutes=6))

    with django_assert_num_queries(1):
        assert ConnectionRateLimit.check_rate_limit("203.0.113.7", max_attempts=1) == (True, 0)
    assert attempt.successful
    assert "203.0.113.7 at " in str(attempt)


def test_old_attempts_are_purged_now_and_then(monkeypatch):
    monkeypatch.setattr(limits, "RATE_LIMIT_PURGE_ONE_IN", 1)
    ConnectionRateLimit.record_attempt("203.0.113.7")
    ConnectionRateLimit.objects.update(attempt_time=timezone.now() - timedelta(days=8))

    ConnectionRateLimit.record_attempt("203.0.113.8")

    assert ConnectionRateLimit.objects.get().ip_address == "203.0.113.8"


def test_cleaning_up_deletes_by_age_in_days():
    for days in (1, 8):
        attempt = ConnectionRateLimit.record_attempt("203.0.113.7")
        then = timezone.now() - timedelta(days=days)
        ConnectionRateLimit.objects.filter(pk=attempt.pk).update(attempt_time=then)

    deleted, _ = ConnectionRateLimit.cleanup_old_records()

    assert deleted == 1
