from datetime import UTC, datetime

import pytest

from django_aws_api_gateway_websockets.models import ApiGateway, AttemptWindow, ChannelPermission
from django_aws_api_gateway_websockets.models.attempt_window import Seen
from django_aws_api_gateway_websockets.receiving.lookup import (
    find_gateway,
    find_gateway_of_pinned_view,
)
from tests import events

pytestmark = pytest.mark.django_db

KEY = "ip:203.0.113.7/32"
OPENED_AT = datetime(2026, 1, 1, tzinfo=UTC)

FINDERS = [find_gateway, find_gateway_of_pinned_view]


@pytest.fixture
def rule() -> ChannelPermission:
    return ChannelPermission.objects.create(
        channel_name="staff", access="staff_only", description="for staff"
    )


@pytest.mark.parametrize("find", FINDERS)
def test_everything_is_found_with_the_gateway_in_one_statement(
    api_gateway, rule, find, django_assert_num_queries
):
    AttemptWindow.objects.create(key=KEY, opened_at=OPENED_AT)

    with django_assert_num_queries(1):
        known = find(events.API_ID, "staff", KEY)
        assert (known.gateway, known.rule, known.channel) == (api_gateway, rule, "staff")
        assert known.window_opened_at == OPENED_AT
        assert str(known.rule) == "staff (Staff only)"

    # A project may look at more than a connect needs.
    assert known.rule.description == "for staff"
    assert known.gateway.stage_name == "production"


@pytest.mark.parametrize("find", FINDERS)
def test_the_gateways_own_channel_is_looked_for_when_none_is_named(api_gateway, rule, find):
    ApiGateway.objects.update(default_channel_name="staff")

    known = find(events.API_ID, None, KEY)

    assert (known.rule, known.channel) == (rule, "staff")
    assert known.window_opened_at is Seen.NOWHERE


@pytest.mark.parametrize("find", FINDERS)
def test_of_several_records_of_one_api_the_first_counts(api_gateway, find):
    ApiGateway.objects.update(default_channel_name="first")
    ApiGateway.objects.create(api_name="Later", api_id=events.API_ID, default_channel_name="later")

    known = find(events.API_ID, None, KEY)

    assert (known.gateway, known.channel, known.rule) == (api_gateway, "first", None)


def test_without_a_record_a_pinned_view_finds_the_rest(rule):
    known = find_gateway_of_pinned_view(events.API_ID, "staff", KEY)

    assert (known.gateway, known.rule) == (None, rule)
    assert find_gateway(events.API_ID, "staff", KEY).window_opened_at is Seen.NOT_LOOKED
    assert find_gateway_of_pinned_view(events.API_ID, None, KEY).channel == ""
