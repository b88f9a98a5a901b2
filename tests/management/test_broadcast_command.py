"""`manage.py websocketBroadcast`, against a real server that records what it is sent."""

import json
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from django_aws_api_gateway_websockets.models import QueuedBroadcast
from tests.delivery.recording_server import KEYS, RecordingServer, Reply
from tests.models.audiences import make_sessions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings, api_gateway):
    settings.AWS_ACCESS_KEY_ID = KEYS.access_key
    settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
    with RecordingServer() as running:
        settings.WEBSOCKETS = {"management_endpoint_url": running.url}
        make_sessions(api_gateway, 2, channel_name="general")
        ada = get_user_model().objects.create_user("ada")
        make_sessions(api_gateway, 1, start=10, user=ada)
        yield running


def broadcast(*arguments: str, **options: object) -> str:
    output = StringIO()
    call_command("websocketBroadcast", *arguments, stdout=output, stderr=StringIO(), **options)
    return output.getvalue()


@pytest.mark.parametrize(
    ("audience", "sent"),
    [
        (["--channel", "general"], 2),
        (["--channel", "general", "--channel", "other"], 2),
        (["--user", "ada"], 1),
        (["--all"], 3),
    ],
)
def test_an_audience_is_sent_to_and_reported_on(server, audience, sent):
    output = broadcast(*audience, '{"text": "hello"}')

    assert output.startswith(f"{sent} sent, 0 gone, 0 missed in")
    assert [json.loads(request.body) for request in server.arrived] == [{"text": "hello"}] * sent


def test_the_message_can_come_from_standard_input(server, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO('{"n": 1}'))
    broadcast("--all")

    assert json.loads(server.arrived[0].body) == {"n": 1}


def test_a_text_needs_no_quotes(server):
    broadcast("--user", "ada", "--text", "hello there")

    assert server.arrived[0].body == b'"hello there"'


def test_a_plan_sends_nothing(server):
    assert broadcast("--all", "--plan", "1").startswith("3 sockets of 1 users, 3 units metered")
    assert server.arrived == []


def test_a_queued_one_is_left_to_workers(server):
    output = broadcast("--all", "--queue", "1")

    assert str(QueuedBroadcast.objects.get().pk) in output
    assert server.arrived == []


def test_missed_sessions_are_named_and_the_exit_code_is_not_zero(server, api_gateway, capsys):
    make_sessions(None, 1, start=50)
    server.replies["L0SM9cOFv000000="].append(
        Reply(403, (("x-amzn-ErrorType", "ForbiddenException"),))
    )
    output = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("websocketBroadcast", "--all", "1", stdout=output, stderr=StringIO())

    assert ended.value.code == 1
    assert "2 sent, 0 gone, 2 missed" in output.getvalue()
    assert "  L0SM9cOFv000000= refused: ForbiddenException" in output.getvalue()
    assert "and 1 more, 1 without gateway" in output.getvalue()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["1"], "Say whom to send to"),
        (["1", "--all", "--channel", "x"], "Say whom to send to"),
        (["1", "--user", "nobody"], "There is no user 'nobody'"),
        (["{not json", "--all"], "The message is not JSON"),
        (["1", "--all", "--budget", "2"], "its budget is 2"),
        (["1", "--all", "--id-key", "id"], "send a dict"),
        (["NaN", "--all"], "not"),
    ],
)
def test_an_impossible_broadcast_is_refused_in_words(server, arguments, text):
    with pytest.raises(CommandError, match=text):
        broadcast(*arguments)

    assert server.arrived == []
