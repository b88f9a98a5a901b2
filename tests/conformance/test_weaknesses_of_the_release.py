"""None of the weaknesses measured in release 4.1.0 of the existing package is in ours.

A test is named after its row in the ranking, or after the section of the list it stands in.
"""

import tracemalloc
from collections import deque
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import F
from django.test import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from django_aws_api_gateway_websockets.aws.integration_headers import get_source_ip_headers
from django_aws_api_gateway_websockets.models import (
    AttemptWindow,
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
)
from django_aws_api_gateway_websockets.testing.memory.stopped_time import StoppedTime
from tests import events
from tests.delivery.recording_server import GONE, KEYS, REGION, RecordingServer, Reply
from tests.project.views import LimitedView, OpenView
from tests.races import race
from tests.stack import make_stack
from tests.waiting import SECONDS

ROOT = Path(__file__).parents[2]

ELSEWHERE = {
    "3": "tests/receiving/test_view.py::"
    "test_an_empty_api_id_does_not_match_a_gateway_that_is_still_pending",
    "5": "tests/acceptance/test_whole_path.py::"
    "test_the_end_of_a_login_closes_its_socket_and_no_other",
    "7": "tests/receiving/test_origin.py::test_the_host_is_allowed_by_djangos_rules",
    "7, the answer": "tests/receiving/test_origin.py::"
    "test_a_refused_host_does_not_learn_which_ones_are_allowed",
    "8": "tests/conformance/test_documented_recipes.py::test_the_nine_recipes_pass_as_they_are",
    "9": "tests/deployment/test_transactions.py::test_a_rollback_leaves_no_api_without_its_record",
    "10": "tests/deployment/test_pending_in_transactions.py::"
    "test_several_changes_of_one_transaction_make_one_deployment",
    "11": "tests/deployment/test_pending.py::"
    "test_a_failing_save_keeps_the_row_and_the_callbacks_of_the_project",
    "12, connecting": "tests/receiving/test_races.py::"
    "test_parallel_connects_at_a_limit_of_20_are_exactly_20",
    "13": "tests/receiving/test_races.py::"
    "test_parallel_connects_of_one_connection_are_one_session_and_no_error",
    "13, with a token": "tests/receiving/test_races.py::"
    "test_parallel_connects_of_one_connection_with_one_token_are_one_session_and_no_error",
    "section 4, ATOMIC_REQUESTS around connects": "tests/receiving/test_invoke.py::"
    "test_a_connect_that_fails_counts_and_uses_its_token_and_leaves_nothing_else",
    "section 4, ATOMIC_REQUESTS and its locks": "tests/receiving/test_invoke.py::"
    "test_a_connect_that_takes_its_time_does_not_hold_up_others_of_its_address",
    "15": "tests/receiving/test_judge.py::test_a_rotated_secret_key_keeps_connections_open",
    "section 2, unusable secrets": "tests/receiving/test_origin.py::"
    "test_a_secret_that_cannot_be_used_opens_nothing",
    "section 2, channel names": "tests/receiving/test_connect.py::"
    "test_an_invalid_channel_name_is_refused",
    "section 2, anonymous messages": "tests/receiving/test_judge.py::"
    "test_a_message_belongs_to_the_user_who_connected_whatever_cookie_comes_along",
    "section 2, IPv6": "tests/models/test_attempt_window.py::"
    "test_an_address_is_counted_by_what_one_subscriber_has",
    "section 2, NAT": "tests/receiving/test_races.py::"
    "test_200_users_behind_one_address_reconnect_at_once",
    "section 2, cached tokens": "tests/receiving/test_token_view.py::"
    "test_a_logged_in_user_gets_a_token_that_no_cache_keeps",
    "section 2, a setting that is a list": "tests/checks/test_settings.py::"
    "test_e002_the_setting_must_be_a_dictionary",
    "section 2, checks without urls": "tests/checks/test_views.py::"
    "test_a_project_without_urls_can_be_checked",
    "section 3, debug on the class": "tests/receiving/test_view.py::"
    "test_debug_set_on_the_class_keeps_a_log_that_is_safe_to_show",
    "section 3, an explicit default": "tests/receiving/test_handlers.py::"
    "test_an_explicit_default_wins_over_the_action",
    "section 3, blank stages": "tests/models/test_gateway.py::test_a_blank_stage_is_production",
    "section 3, profiles": "tests/aws/test_clients.py::"
    "test_a_profile_brings_its_credentials_and_its_region",
    "section 3, partitions": "tests/aws/test_endpoints.py::"
    "test_messages_go_to_the_domain_of_the_regions_partition",
    "section 3, message size": "tests/sending/test_messages.py::"
    "test_the_limit_counts_bytes_as_they_travel",
    "section 3, NaN": "tests/sending/test_messages.py::"
    "test_a_bad_message_or_worker_count_is_refused_before_any_post",
    "section 3, dates in messages": "tests/sending/test_messages.py::"
    "test_a_message_is_json_as_django_writes_it",
    "section 3, querysets": "tests/sending/test_messages.py::"
    "test_nobody_receives_twice_and_any_queryset_can_be_sent_to",
    "section 3, gone in a broadcast": "tests/sending/test_messages.py::"
    "test_gone_sessions_are_closed_and_other_failures_logged_while_the_rest_receive",
    "section 3, disconnects": "tests/receiving/test_statements.py::test_a_disconnect_costs_1",
    "section 3, overlong values of AWS": "tests/deployment/test_push_and_pull.py::"
    "test_a_value_that_does_not_fit_is_reported_and_not_stored",
    "section 3, resumed runs": "tests/deployment/test_creation.py::"
    "test_a_resumed_run_leaves_no_unused_integration_of_ours",
    "section 3, existing domains": "tests/deployment/test_custom_domain.py::"
    "test_a_domain_and_a_mapping_that_exist_are_adopted",
    "section 3, updates without credentials": "tests/management/test_provisioning_commands.py::"
    "test_missing_credentials_are_reported_like_a_refusal",
    "section 3, updates of invalid rows": "tests/management/test_provisioning_commands.py::"
    "test_a_row_that_is_no_longer_valid_is_updated_all_the_same",
    "section 3, unknown keys": "tests/management/test_provisioning_commands.py::"
    "test_an_unknown_record_is_an_error_that_names_those_there_are",
    "section 3, negative ages": "tests/management/test_cleaning_commands.py::"
    "test_negative_ages_are_refused_in_both_spellings",
    "section 3, views in packages": "tests/test_mixins.py::"
    "test_the_app_of_a_view_is_its_route_key_and_its_channel",
}
"""The rows that a test of the part in question proves already."""

REFUSED_FOR_TRYING = b"Too many connection attempts"


@pytest.mark.parametrize("row", ELSEWHERE)
def test_the_test_that_a_row_names_exists(row):
    path, _, name = ELSEWHERE[row].partition("::")

    assert f"def {name}(" in (ROOT / path).read_text()


@pytest.fixture
def client() -> Client:
    """Django's, where its neighbours here mean boto3's."""
    return Client()


@pytest.fixture
def limited(monkeypatch):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)


def let_pass(seconds: float) -> None:
    """Move everything that counts attempts into the past."""
    past = timedelta(seconds=seconds)
    AttemptWindow.objects.update(opened_at=F("opened_at") - past)
    ConnectionRateLimit.objects.update(attempt_time=F("attempt_time") - past)


@pytest.fixture
def stopped_time():
    """Let the seconds that a test itself takes not count."""
    time = StoppedTime()
    time.stop()
    yield time
    time.end()


@pytest.mark.django_db
def test_1_a_client_that_retries_every_three_seconds_is_let_in_again(
    client, api_gateway, limited, stopped_time
):
    burst = [events.connect(client, Connectionid=f"b{n}=").status_code for n in range(20)]

    retries = []
    for number in range(60):
        let_pass(3)
        retries.append(events.connect(client, Connectionid=f"r{number}=").status_code)

    assert burst == [200] * 20
    assert retries == [400] * 19 + [200] * 41


@pytest.mark.django_db(transaction=True)
def test_2_an_address_written_by_the_client_is_not_counted(live_server, local_gateway, monkeypatch):
    monkeypatch.setattr(LimitedView, "RATE_LIMIT_MAX_ATTEMPTS", 3)
    stack = make_stack(live_server, "/limited-ws/")

    def knock(number: int) -> None:
        names = ("X-Forwarded-For", get_source_ip_headers()[0])
        forged = dict.fromkeys(names, f"198.51.100.{number}")
        with connect(
            stack.gateway.websocket_url(),
            origin=stack.site,
            additional_headers={"Cookie": "theme=dark", **forged},
            open_timeout=SECONDS,
        ):
            pass

    for number in range(3):
        knock(number)

    assert set(ConnectionRateLimit.objects.values_list("ip_address", flat=True)) == {"127.0.0.1"}
    with pytest.raises(InvalidStatus, match="400"):
        knock(4)


AUDIENCE = 5_000
BYTES_IN_THE_RELEASE = 2_400
"""Memory that release 4.1.0 took for each recipient of a broadcast."""


@pytest.fixture
def sink(settings):
    """A server that takes every post and remembers none."""
    with RecordingServer() as server:
        server.arrived = deque(maxlen=0)
        settings.AWS_ACCESS_KEY_ID = KEYS.access_key
        settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
        settings.AWS_GATEWAY_REGION_NAME = REGION
        settings.WEBSOCKETS = {"endpoint_url": server.url}
        yield server


def peak_bytes(act) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reply", "most_bytes"),
    [
        # The answers that were documented to be returned are the larger part by far.
        pytest.param(Reply(), BYTES_IN_THE_RELEASE * 2 / 3, id="sent"),
        pytest.param(GONE, BYTES_IN_THE_RELEASE / 3, id="gone"),
    ],
)
def test_4_a_broadcast_keeps_little_of_each_recipient(api_gateway, sink, reply, most_bytes):
    sink.answer = lambda request: reply
    sessions = [
        WebSocketSession(connection_id=f"L0SM9cOFv{number:06}=", api_gateway=api_gateway)
        for number in range(AUDIENCE)
    ]
    WebSocketSession.objects.bulk_create(sessions)
    # These are there once, however many receive: the client, its model, the connections.
    warm_up = [session.pk for session in WebSocketSession.objects.all()[:100]]
    WebSocketSession.objects.filter(pk__in=warm_up).send_message({"type": "news"})

    # The server's connections are of this process, too, and a busy machine would want more of them.
    peak = peak_bytes(
        lambda: WebSocketSession.objects.all().send_message({"type": "news"}, max_workers=32)
    )

    assert peak / AUDIENCE < most_bytes


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada", password="secret")


def without_the_headers_of_a_handshake(client):
    client.cookies["theme"] = "dark"
    return client.post(
        "/limited-ws/connect", b"", content_type="application/json", headers=events.COMMON_HEADERS
    )


REFUSED_ATTEMPTS = {
    "token": lambda client: events.connect(client, "/token-ws/connect", "?ws_token=" + "0" * 64),
    "no token": lambda client: events.connect(client, "/token-ws/connect"),
    "no session": lambda client: events.connect(Client(), "/token-ws/connect"),
    "origin": lambda client: events.connect(client, "/limited-ws/connect", Origin="https://a.b"),
    "host": lambda client: events.connect(client, "/limited-ws/connect", Host="evil.example"),
    "id": lambda client: events.connect(client, "/limited-ws/connect", Connectionid="a b"),
    "channel": lambda client: events.connect(client, "/limited-ws/connect", "?channel=a%20b"),
    "headers": without_the_headers_of_a_handshake,
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", REFUSED_ATTEMPTS)
def test_6_no_refused_attempt_is_free(client, api_gateway, user, settings, kind):
    settings.WEBSOCKETS = {"rate_limit_max_attempts": 5}
    # Without CommonMiddleware nothing before the view looks at the Host.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "common" not in name]
    client.force_login(user)

    answers = [REFUSED_ATTEMPTS[kind](client) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [400] * 6
    assert [answer.content == REFUSED_FOR_TRYING for answer in answers] == [False] * 5 + [True]
    assert ConnectionRateLimit.objects.filter(successful=False).count() == 5


@pytest.mark.django_db(transaction=True)
def test_14_parallel_uses_of_one_token_are_refused_and_no_error(api_gateway, user, monkeypatch):
    # A project that has configured nothing does not have it.
    monkeypatch.delitem(connection.settings_dict["OPTIONS"], "transaction_mode", raising=False)
    client = Client()
    client.force_login(user)
    key = client.session.session_key
    token = WebSocketToken.generate_token(user=user, session_key=key).token
    clients = []
    for _ in range(160):
        one = Client()
        one.cookies["sessionid"] = key
        clients.append(one)
    monkeypatch.setattr("tests.project.views.TokenView.RATE_LIMIT_ENABLED", False)

    statuses = race(
        lambda number: (
            events.connect(
                clients[number],
                "/token-ws/connect",
                f"?ws_token={token}",
                Connectionid=f"{number}=",
            ).status_code
        ),
        times=160,
    )

    assert (statuses.count(200), statuses.count(400)) == (1, 159)
