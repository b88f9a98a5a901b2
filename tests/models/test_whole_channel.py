"""A channel and nothing else is read by a kept statement, which is that of the queryset."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext, isolate_apps

from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from django_aws_api_gateway_websockets.models.audience import read_recipients
from django_aws_api_gateway_websockets.models.whole_channel import WholeChannel
from tests.models.audiences import make_sessions

pytestmark = pytest.mark.django_db

OPEN = Q(connected=True) & (Q(user=None) | Q(user__is_active=True))


@pytest.fixture
def whole_channel():
    return WholeChannel(WebSocketSession, lambda: OPEN)


def general():
    return WebSocketSession.objects.filter(channel_name="general")


def test_the_statement_and_its_rows_are_those_of_the_queryset(whole_channel, api_gateway):
    users = get_user_model().objects
    active, inactive = users.create_user("ada"), users.create_user("dan", is_active=False)
    make_sessions(api_gateway, 3, channel_name="general")
    make_sessions(api_gateway, 2, start=3, channel_name="general", user=active)
    make_sessions(api_gateway, 2, start=5, channel_name="general", user=inactive)
    make_sessions(api_gateway, 2, start=7, channel_name="general", connected=False)
    make_sessions(None, 1, start=9, channel_name="general")
    make_sessions(api_gateway, 2, start=10, channel_name="support")

    with CaptureQueriesContext(connection) as statements:
        for _ in range(2):
            found = list(whole_channel.recipients(general()))
        expected = list(read_recipients(general(), OPEN))

    assert sorted(found) == sorted(expected)
    assert len(found) == 6
    kept, again, made = [one["sql"] for one in statements]
    assert kept == again == made


def test_each_channel_has_its_own_audience(whole_channel, api_gateway):
    for index, name in enumerate(("general", "support", "%s", "'; --", "")):
        make_sessions(api_gateway, index + 1, start=10 * index, channel_name=name)

    for index, name in enumerate(("general", "support", "%s", "'; --", "")):
        sessions = WebSocketSession.objects.filter(channel_name=name)
        assert len(list(whole_channel.recipients(sessions))) == index + 1
    assert list(whole_channel.recipients(WebSocketSession.objects.filter(channel_name="x"))) == []


@pytest.mark.parametrize(
    "build",
    [
        general,
        lambda: WebSocketSession.objects.filter(channel_name__exact="general"),
        lambda: WebSocketSession.objects.all().filter(Q(channel_name="general")),
        lambda: general().all(),
        lambda: general().using("default"),
    ],
)
def test_all_ways_to_name_a_channel_are_known(whole_channel, build):
    assert whole_channel.recipients(build()) is not None


@pytest.mark.parametrize(
    "build",
    [
        WebSocketSession.objects.all,
        WebSocketSession.objects.none,
        lambda: WebSocketSession.objects.exclude(channel_name="general"),
        lambda: WebSocketSession.objects.filter(~Q(channel_name="general")),
        lambda: WebSocketSession.objects.filter(channel_name__iexact="general"),
        lambda: WebSocketSession.objects.filter(channel_name__in=["general"]),
        lambda: WebSocketSession.objects.filter(channel_name__startswith="general"),
        lambda: WebSocketSession.objects.filter(channel_name=F("connection_id")),
        lambda: WebSocketSession.objects.filter(channel_name=Value("general")),
        lambda: WebSocketSession.objects.filter(channel_name=Lower(Value("general"))),
        lambda: WebSocketSession.objects.filter(
            channel_name=Subquery(
                ApiGateway.objects.filter(pk=OuterRef("api_gateway")).values(
                    "default_channel_name"
                )[:1]
            )
        ),
        lambda: WebSocketSession.objects.filter(connection_id="general"),
        lambda: WebSocketSession.objects.filter(api_gateway__api_id="general"),
        lambda: WebSocketSession.objects.filter(user=1),
        lambda: WebSocketSession.objects.filter(user__groups__name="general"),
        lambda: general().filter(connected=True),
        lambda: general().filter(user__is_active=True),
        lambda: general().exclude(connection_id="a"),
        lambda: general().order_by("-pk"),
        lambda: general().reverse(),
        lambda: general()[:5],
        lambda: general()[5:],
        lambda: general().distinct(),
        lambda: general().annotate(number=Count("pk")),
        lambda: general().alias(number=Count("user__groups")),
        lambda: general().values("pk"),
        lambda: general().values_list("channel_name").annotate(Count("pk")),
        lambda: general().select_for_update(),
        lambda: general().extra(where=["1 = 0"]),
        lambda: general() | WebSocketSession.objects.filter(channel_name="support"),
        lambda: general() & WebSocketSession.objects.filter(connected=True),
        lambda: general().union(WebSocketSession.objects.filter(channel_name="support")),
        lambda: general().intersection(WebSocketSession.objects.all()),
        lambda: general().difference(WebSocketSession.objects.all()),
    ],
)
def test_whatever_else_a_queryset_is_keeps_its_own_statement(whole_channel, build):
    assert whole_channel.recipients(build()) is None


@isolate_apps("django_aws_api_gateway_websockets")
def test_sessions_of_another_model_keep_their_own_statement(whole_channel):
    class Visitor(WebSocketSession):
        class Meta:
            proxy = True
            app_label = "django_aws_api_gateway_websockets"

    assert whole_channel.recipients(Visitor.objects.filter(channel_name="general")) is None
