"""Broadcasts to sessions in the database, over a real server that records what it is sent."""

import json
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async
from botocore.exceptions import ClientError
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.core.errors import BroadcastBudgetError
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.sending.broadcast.report import Missed
from tests.delivery.recording_server import GONE, THROTTLED, Reply
from tests.models.audiences import make_sessions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

REFUSED = Reply(403, (("x-amzn-ErrorType", "ForbiddenException"),), b'{"message":"Forbidden"}')


def bodies(server):
    return [json.loads(request.body) for request in server.arrived]


def test_everybody_connected_gets_it_once_and_the_report_says_so(server, api_gateway):
    make_sessions(api_gateway, 300, channel_name="general")
    make_sessions(api_gateway, 5, start=1000, channel_name="other")
    make_sessions(api_gateway, 5, start=2000, channel_name="general", connected=False)
    make_sessions(None, 2, start=3000, channel_name="general")
    server.replies["L0SM9cOFv000007="].append(GONE)
    server.replies["L0SM9cOFv000009="].append(REFUSED)

    report = WebSocketSession.objects.filter(channel_name="general").broadcast({"text": "hello"})

    assert server.ids == {f"L0SM9cOFv{index:06}=": 1 for index in range(300)}
    assert bodies(server)[0] == {"text": "hello"}
    assert report.is_finished
    assert (report.sent, report.gone, report.total) == (298, 1, 300)
    assert report.missed == [Missed("L0SM9cOFv000009=", OutcomeKind.REFUSED, "ForbiddenException")]
    assert (report.without_gateway, report.missed_count) == (2, 3)
    assert report.bytes_sent == 298 * len(b'{"text": "hello"}')
    assert report.units == 298
    assert "298 sent, 1 gone, 3 missed in" in str(report)
    assert report.as_dict()["by_kind"]["refused"] == 1
    assert not WebSocketSession.objects.get(connection_id="L0SM9cOFv000007=").connected


@pytest.mark.slow
def test_two_thousand_gone_are_closed_with_few_statements_and_never_tried_again(
    server, api_gateway
):
    make_sessions(api_gateway, 5000)
    for index in range(0, 5000, 5):
        server.replies[f"L0SM9cOFv{index:06}="].append(GONE)
        server.replies[f"L0SM9cOFv{index + 1:06}="].append(GONE)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        report = WebSocketSession.objects.broadcast({"n": 1})

    updates = [query for query in captured if query["sql"].startswith("UPDATE")]
    assert (report.sent, report.gone, report.missed_count) == (3000, 2000, 0)
    assert len(updates) <= 3
    assert WebSocketSession.objects.filter(connected=False).count() == 2000
    assert len(server.ids) == len(server.arrived) == 5000


@pytest.mark.slow
def test_a_page_of_two_thousand_costs_a_statement(server, api_gateway, django_assert_num_queries):
    make_sessions(api_gateway, 4300)

    # The gateways, pages of 200, 2,000, 2,000 and 100, and the sessions without gateway.
    with django_assert_num_queries(6):
        WebSocketSession.objects.broadcast({"n": 1})


def test_inside_a_transaction_it_waits_for_the_commit(server, api_gateway):
    make_sessions(api_gateway, 3)

    with transaction.atomic():
        report = WebSocketSession.objects.broadcast({"n": 1})
        assert (report.is_finished, server.arrived) == (False, [])

    assert (report.is_finished, report.sent) == (True, 3)


def test_after_a_rollback_nothing_is_sent(server, api_gateway):
    make_sessions(api_gateway, 3)

    with transaction.atomic():
        report = WebSocketSession.objects.broadcast({"n": 1})
        transaction.set_rollback(True)

    assert (report.is_finished, server.arrived) == (False, [])


def test_now_sends_before_the_commit(server, api_gateway):
    make_sessions(api_gateway, 3)

    with transaction.atomic():
        assert WebSocketSession.objects.broadcast({"n": 1}, now=True).sent == 3
        transaction.set_rollback(True)


def test_an_error_after_the_commit_is_in_the_report_and_stops_nothing_else(
    server, api_gateway, settings
):
    make_sessions(api_gateway, 3)
    later = []

    with transaction.atomic():
        report = WebSocketSession.objects.broadcast({"n": 1})
        transaction.on_commit(lambda: later.append("ran"))
        settings.AWS_GATEWAY_REGION_NAME = settings.AWS_REGION_NAME = ""

    assert "MissingRegionError: No AWS region" in report.error
    assert (report.is_finished, later) == (False, ["ran"])


def test_a_plan_says_what_it_takes_and_sends_nothing(server, api_gateway, settings):
    ada = get_user_model().objects.create_user("ada")
    make_sessions(api_gateway, 10, user=ada)
    make_sessions(api_gateway, 5, start=100)
    make_sessions(None, 5, start=200)
    settings.WEBSOCKETS |= {
        "broadcast_price": {"currency": "USD", "per_million_units": "1.20"},
        "broadcast_rate_per_second": 5,
    }

    plan = WebSocketSession.objects.broadcast({"text": "x" * 40_000}, plan=True)

    assert (plan.sockets, plan.users, plan.units, plan.seconds) == (15, 1, 30, 3.0)
    assert (plan.cost, plan.currency) == (Decimal("0.000036"), "USD")
    assert str(plan) == "15 sockets of 1 users, 30 units metered, about 3.0 s, 0.000036 USD"
    assert server.arrived == []


def test_without_a_price_a_plan_names_no_money(server, api_gateway):
    make_sessions(api_gateway, 2)

    plan = WebSocketSession.objects.broadcast("hi", plan=True)

    assert (plan.cost, plan.currency) == (None, "")


@pytest.mark.parametrize("from_setting", [True, False])
def test_above_its_budget_nothing_is_sent(server, api_gateway, settings, from_setting):
    make_sessions(api_gateway, 20)
    if from_setting:
        settings.WEBSOCKETS |= {"broadcast_budget_units": 19}
    options = {} if from_setting else {"budget_units": 19}

    with pytest.raises(BroadcastBudgetError, match=r"20 sockets .* is 19: narrow"):
        WebSocketSession.objects.broadcast({"n": 1}, **options)

    assert server.arrived == []
    assert WebSocketSession.objects.broadcast({"n": 1}, budget_units=20).sent == 20


def test_a_budget_of_nothing_takes_nothing(server, api_gateway):
    make_sessions(api_gateway, 1)

    with pytest.raises(BroadcastBudgetError):
        WebSocketSession.objects.broadcast({"n": 1}, budget_units=0)


@pytest.mark.parametrize("option", ["per_second", "max_in_flight"])
def test_options_below_one_are_refused_as_send_message_does(server, api_gateway, option):
    make_sessions(api_gateway, 1)

    with pytest.raises(ValueError, match=f"{option} is 0 and must be 1 or more"):
        WebSocketSession.objects.broadcast({"n": 1}, **{option: 0})

    assert server.arrived == []


def test_the_id_rides_in_the_message_when_that_is_asked_for(server, api_gateway):
    make_sessions(api_gateway, 2)

    report = WebSocketSession.objects.broadcast({"n": 1}, id_key="broadcast_id")

    assert bodies(server) == [{"n": 1, "broadcast_id": report.id}] * 2
    with pytest.raises(TypeError, match="send a dict, or leave out id_key"):
        WebSocketSession.objects.broadcast([1], id_key="broadcast_id")


def test_an_excluded_session_gets_nothing(server, api_gateway):
    first, second, third, _ = make_sessions(api_gateway, 4)
    everybody = WebSocketSession.objects.all()

    everybody.broadcast("one", exclude=first)
    everybody.broadcast("two", exclude=[first, second.connection_id])
    everybody.broadcast("three", exclude=third.connection_id)

    got = {id_: sum(r.connection_id == id_ for r in server.arrived) for id_ in server.ids}
    assert got == {
        "L0SM9cOFv000000=": 1,
        "L0SM9cOFv000001=": 2,
        "L0SM9cOFv000002=": 2,
        "L0SM9cOFv000003=": 3,
    }


def test_a_throttled_session_is_tried_patiently(server, api_gateway):
    make_sessions(api_gateway, 2)
    server.replies["L0SM9cOFv000000="].extend([THROTTLED] * 5)

    report = WebSocketSession.objects.broadcast({"n": 1})

    assert (report.sent, report.missed_count) == (2, 0)


def test_slices_unions_and_filters_across_relations_deliver_once(server, api_gateway):
    make_sessions(api_gateway, 6, channel_name="a")
    sessions = WebSocketSession.objects.all()

    assert sessions.order_by("connection_id")[:2].broadcast("slice").sent == 2
    assert sessions.filter(pk__gt=0).union(sessions.filter(channel_name="a")).broadcast(1).sent == 6


@pytest.mark.slow
def test_a_slice_stays_what_it_was_while_its_sessions_close(server, api_gateway):
    make_sessions(api_gateway, 5000)
    for index in range(2000):
        server.replies[f"L0SM9cOFv{index:06}="].append(GONE)
    oldest = WebSocketSession.objects.filter(connected=True).order_by("pk")[:3000]

    report = oldest.broadcast({"n": 1}, budget_units=3000)

    assert (report.gone, report.sent) == (2000, 1000)


def test_a_doubles_calls_are_the_documented_ones(api_gateway, settings, monkeypatch):
    settings.AWS_GATEWAY_REGION_NAME = "eu-west-1"
    calls = []

    class Double:
        def post_to_connection(self, **arguments):
            calls.append(arguments)
            if "1=" in arguments["ConnectionId"]:
                raise ClientError({"Error": {"Code": "GoneException"}}, "PostToConnection")
            if "2=" in arguments["ConnectionId"]:
                raise ClientError({"Error": {"Code": "ForbiddenException"}}, "PostToConnection")
            return {}

    monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: Double())
    make_sessions(api_gateway, 3)

    report = WebSocketSession.objects.broadcast({"n": 1})

    assert calls[0] == {"Data": '{"n": 1}', "ConnectionId": "L0SM9cOFv000000="}
    assert (report.sent, report.gone, report.missed[0].kind) == (1, 1, OutcomeKind.REFUSED)


def test_progress_is_told_and_an_interrupt_keeps_what_is_known(server, api_gateway):
    make_sessions(api_gateway, 3000)
    for index in range(3000):
        server.replies[f"L0SM9cOFv{index:06}="].append(GONE)
    told = []

    def interrupt(report):
        told.append(report.total)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        WebSocketSession.objects.broadcast({"n": 1}, progress=interrupt)

    assert len(told) == 1
    assert WebSocketSession.objects.filter(connected=False).count() == told[0]


def test_the_last_word_of_progress_is_the_whole_report(server, api_gateway):
    make_sessions(api_gateway, 3)
    make_sessions(None, 2, start=10)
    told = []

    report = WebSocketSession.objects.broadcast(
        {"n": 1}, progress=lambda seen: told.append((seen.is_finished, str(seen)))
    )

    assert told[-1] == (True, str(report))
    assert report.missed_count == 2


async def test_async_code_broadcasts_and_plans(server, api_gateway):
    await sync_to_async(make_sessions)(api_gateway, 3)

    plan = await WebSocketSession.objects.abroadcast({"n": 1}, plan=True)
    report = await WebSocketSession.objects.abroadcast({"n": 1})

    assert (plan.sockets, report.sent) == (3, 3)
    # The thread in which async code reaches the database has a connection of its own.
    await sync_to_async(connections.close_all)()


def test_an_unknown_option_is_an_error(server, api_gateway):
    with pytest.raises(TypeError, match="budget"):
        WebSocketSession.objects.broadcast({"n": 1}, budget=1)


def test_two_broadcasts_of_one_caller_arrive_in_their_order(server, api_gateway):
    make_sessions(api_gateway, 50)

    for number in range(4):
        WebSocketSession.objects.broadcast(number)

    for connection_id in server.ids:
        assert [
            json.loads(request.body)
            for request in server.arrived
            if request.connection_id == connection_id
        ] == [0, 1, 2, 3]
