"""An error of a send that cannot work says what happened, why, and what to do.

A row for each thing one can get wrong; each text names the way out, and no text has a secret.
"""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_aws_api_gateway_websockets.aws.advice import address_advice
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from tests.delivery.recording_server import KEYS, REGION, RecordingServer, Reply
from tests.models.audiences import make_sessions

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

SECRET = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"
FORBIDDEN = Reply(403, (("x-amzn-ErrorType", "ForbiddenException"),), b'{"message": "Forbidden"}')


@dataclass
class Site:
    """A project in which a row goes wrong."""

    gateway: ApiGateway
    settings: Any
    monkeypatch: pytest.MonkeyPatch
    free_address: str

    @property
    def session(self) -> WebSocketSession:
        return WebSocketSession.objects.first()

    def send(self) -> None:
        self.session.send_message({"n": 1})

    def forget_aws(self, **websockets: Any) -> None:
        """No credentials anywhere; the local gateway would be at a port where nothing listens."""
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            self.monkeypatch.delenv(name)
        self.monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        self.monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        self.monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        self.settings.AWS_ACCESS_KEY_ID = self.settings.AWS_SECRET_ACCESS_KEY = None
        self.settings.WEBSOCKETS = {"local_gateway_address": self.free_address, **websockets}


@pytest.fixture
def site(api_gateway, settings, monkeypatch, unused_tcp_port) -> Site:
    make_sessions(api_gateway, 1)
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "AKIDEXAMPLE", SECRET
    return Site(api_gateway, settings, monkeypatch, f"127.0.0.1:{unused_tcp_port}")


@pytest.fixture
def server(site, settings) -> Iterator[RecordingServer]:
    settings.AWS_GATEWAY_REGION_NAME = REGION
    settings.AWS_ACCESS_KEY_ID = KEYS.access_key
    settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
    with RecordingServer() as running:
        settings.WEBSOCKETS = {"management_endpoint_url": running.url}
        yield running


def no_credentials(site: Site) -> None:
    site.forget_aws()
    site.send()


def no_credentials_for_many(site: Site) -> None:
    site.forget_aws()
    WebSocketSession.objects.send_message({"n": 1})


def no_credentials_beside_a_gateway(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        site.forget_aws(local_gateway_address=f"127.0.0.1:{listening.getsockname()[1]}")
        site.send()


def no_region(site: Site) -> None:
    site.forget_aws()
    site.settings.AWS_GATEWAY_REGION_NAME = None
    site.send()


def local_gateway_is_not_running(site: Site) -> None:
    site.forget_aws(local_gateway=True)
    site.send()


def message_of_150_kilobytes(site: Site) -> None:
    site.session.send_message({"text": "x" * 150 * 1024})


def message_of_an_object(site: Site) -> None:
    site.session.send_message({"order": site.gateway})


def session_without_a_gateway(site: Site) -> None:
    WebSocketSession.objects.update(api_gateway=None)
    site.send()


def no_workers(site: Site) -> None:
    WebSocketSession.objects.send_message({}, max_workers=0)


RAISED: dict[str, tuple[Callable[[Site], None], tuple[str, ...]]] = {
    "no credentials": (
        no_credentials,
        (
            "There are no AWS credentials",
            "AWS_IAM_PROFILE",
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            "in the settings or the environment",
            "role",
            "The local gateway is off",
            "nothing listens at 127.0.0.1:",
            'WEBSOCKETS["local_gateway"] = True',
            "manage.py runserver",
        ),
    ),
    "no credentials for many": (no_credentials_for_many, ("The local gateway is off",)),
    "no credentials beside a gateway": (
        no_credentials_beside_a_gateway,
        ("The local gateway is off", "something listens at 127.0.0.1:"),
    ),
    "no region": (
        no_region,
        (
            "No AWS region",
            "AWS_GATEWAY_REGION_NAME (or AWS_REGION_NAME) in the settings",
            "AWS_IAM_PROFILE",
            "AWS_DEFAULT_REGION",
            "The local gateway is off",
            "manage.py runserver",
        ),
    ),
    "local gateway is not running": (
        local_gateway_is_not_running,
        ("No answer from http://127.0.0.1:", "manage.py runwebsocketgateway"),
    ),
    "150 KB": (
        message_of_150_kilobytes,
        ("153612 bytes", "at most 131072", "send less, split it, or send a link"),
    ),
    "an object": (message_of_an_object, ("ApiGateway",)),
    "no gateway": (session_without_a_gateway, ("no gateway", "registered ApiGateway")),
    "no workers": (no_workers, ("max_workers must be 1 or more",)),
}


@pytest.mark.parametrize("mistake", RAISED)
def test_an_error_says_what_to_do_and_no_secret(mistake, site):
    make, phrases = RAISED[mistake]

    with pytest.raises(Exception) as raised:  # noqa: PT011 - each row has one of its own.
        make(site)

    text = str(raised.value)
    assert [phrase for phrase in phrases if phrase not in text] == []
    assert SECRET not in text


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        (
            "/production/{stage}",
            "repeats the stage: expected {url}/production, got {url}/production/production.",
        ),
        (
            "/{stage}",
            "a custom domain has its stage in its mapping: expected {url}, got {url}/production.",
        ),
        (
            "/v1/{stage}/{stage}",
            "repeats the stage: expected {url}/v1/production, got {url}/v1/production/production.",
        ),
        ("/v1", ""),
    ],
)
def test_a_403_says_when_the_address_has_the_stage_once_too_often(
    server, site, settings, path, advice, caplog
):
    url = server.url.removesuffix("/prod")
    server.default = FORBIDDEN
    settings.WEBSOCKETS = {"management_endpoint_url": f"{url}{path}"}
    expected = advice.format(url=url)

    with pytest.raises(Exception, match="ForbiddenException") as raised:
        site.send()
    WebSocketSession.objects.send_message({})
    WebSocketSession.objects.broadcast({}, now=True)

    texts = [str(raised.value), *(record.getMessage() for record in caplog.records)]
    told = [text for text in texts if expected and expected in text]
    assert len(told) == (3 if expected else 0)
    assert any("The message did not reach connection" in text for text in texts)
    if not expected:
        assert "expected" not in " ".join(texts)


def test_the_advice_about_an_address_has_no_password():
    said = address_advice(f"https://ada:{SECRET}@ws.example.com/production", "production")

    assert "expected https://ws.example.com, got https://ws.example.com/production." in said
    assert SECRET not in said


def test_a_send_to_nobody_says_so_and_who_has_left(site, caplog, django_assert_num_queries):
    caplog.set_level(logging.INFO, "django_aws_api_gateway_websockets")
    make_sessions(site.gateway, 4, start=1, channel_name="general", connected=False)
    last = WebSocketSession.objects.last()
    before = timezone.now() - timedelta(minutes=61)
    WebSocketSession.objects.filter(pk=last.pk).update(updated_on=before)
    room = WebSocketSession.objects.filter(channel_name="general", connected=True)

    with django_assert_num_queries(2):
        room.send_message({})
    WebSocketSession.objects.filter(channel_name__in=["a", "b"]).send_message({})
    WebSocketSession.objects.none().send_message({})

    assert [record.getMessage() for record in caplog.records] == [
        'A message was sent to nobody: 0 live sockets in "general" (3 gone in the last hour).',
        'A message was sent to nobody: 0 live sockets in "a", "b" (0 gone in the last hour).',
        "A message was sent to nobody: 0 live sockets in the queryset.",
    ]


@pytest.mark.parametrize(
    "shape",
    [
        lambda every: every.exclude(channel_name="general").filter(pk=0),
        lambda every: every.filter(user__username="nobody"),
        lambda every: every.filter(channel_name="x") | every.filter(pk=0),
        lambda every: every.filter(channel_name="x").union(every.filter(pk=0)),
    ],
)
def test_nobody_is_not_looked_for_in_a_channel_that_is_not_asked_for(site, caplog, shape):
    caplog.set_level(logging.INFO, "django_aws_api_gateway_websockets")

    shape(WebSocketSession.objects).send_message({})

    assert "0 live sockets in the queryset." in caplog.text


def test_a_send_that_reaches_somebody_or_that_nobody_logs_costs_no_more(
    site, server, caplog, django_assert_num_queries
):
    with django_assert_num_queries(1):
        WebSocketSession.objects.filter(channel_name="empty").send_message({})
    caplog.set_level(logging.INFO, "django_aws_api_gateway_websockets")
    with django_assert_num_queries(1):
        assert len(WebSocketSession.objects.send_message({})) == 1
    assert caplog.text == ""
