"""The view's report on a probe of the doctor: for those who can sign one, and for nobody else."""

import json
import time

import pytest
from django.core import signing
from django.core.signing import TimestampSigner
from django.urls import path

from django_aws_api_gateway_websockets.models import AttemptWindow, ConnectionRateLimit
from django_aws_api_gateway_websockets.receiving.signed_probe import (
    PROBE_HEADER,
    ProbeReport,
    sign,
)
from tests.events import connect, disconnect, message
from tests.management.doctor.broken_views import urls
from tests.project.views import OpenView

pytestmark = pytest.mark.django_db


class AsyncView(OpenView):
    async def later(self, request, *args, **kwargs):
        """Makes the view async."""


def report_on(response) -> ProbeReport:
    assert response.status_code == 400
    report = ProbeReport.read(response.content)
    assert report is not None
    return report


def test_a_probe_is_told_in_which_state_it_came_and_opens_nothing(client, api_gateway):
    report = report_on(connect(client, path="/limited-ws/connect", **{PROBE_HEADER: sign("n1")}))

    assert (report.nonce, report.view, report.route) == ("n1", "LimitedView", "connect")
    assert (report.missing, report.secret, report.knows_api) == ([], "unset", True)
    assert (report.host, report.is_allowed_host, report.is_origin_of_host) == (
        "www.example.com",
        True,
        True,
    )
    assert not api_gateway.sessions.exists()
    assert not ConnectionRateLimit.objects.exists()
    assert not AttemptWindow.objects.exists()


def test_a_probe_is_told_what_it_lacks(client, api_gateway, settings):
    settings.WEBSOCKETS = {"gateway_secret": "s" * 40}

    report = report_on(
        connect(
            client, Origin="https://other.example", Connectionid="?", **{PROBE_HEADER: sign("n")}
        )
    )
    other = report_on(connect(client, **{PROBE_HEADER: sign("n"), "X-Ws-Gateway-Secret": "t" * 40}))

    assert (report.secret, other.secret) == ("missing", "other")
    assert (report.has_connection_id, report.is_origin_of_host) == (False, False)


def test_a_view_tells_what_it_wants_of_clients(client, api_gateway):
    token = report_on(connect(client, path="/token-ws/connect", **{PROBE_HEADER: sign("n")}))
    own = report_on(message(client, {}, path="/own-words-ws/default", **{PROBE_HEADER: sign("n")}))

    assert (token.wants_token, token.demands_login, token.own_words) == (True, True, [])
    assert (own.wants_token, own.demands_login, own.own_words) == (False, False, ["subscribe"])
    assert own.selection_key == "handler"


@pytest.mark.parametrize(
    "send", [connect, disconnect, lambda client, **h: message(client, {}, **h)]
)
def test_an_async_view_reports_as_well(client, api_gateway, send, settings):
    settings.ROOT_URLCONF = urls(path("ws/<slug:route>", AsyncView.as_view()))

    assert report_on(send(client, **{PROBE_HEADER: sign("n")})).view == "AsyncView"


@pytest.mark.parametrize(
    "shown",
    [
        "n",
        "n:1:forged",
        TimestampSigner(salt="another").sign("n"),
        TimestampSigner(key="another", salt="django_aws_api_gateway_websockets.probe").sign("n"),
    ],
    ids=["unsigned", "forged", "of another salt", "of another key"],
)
def test_a_caller_who_cannot_sign_is_told_nothing(client, api_gateway, shown):
    response = connect(client, path="/token-ws/connect", **{PROBE_HEADER: shown})

    assert ProbeReport.read(response.content) is None
    assert response.content == b"Invalid session"


def test_a_signature_gets_old(client, api_gateway, monkeypatch):
    signed, now = sign("n"), time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 301)

    assert ProbeReport.read(connect(client, **{PROBE_HEADER: signed}).content) is None


def test_a_report_has_nothing_that_is_secret(client, api_gateway, settings):
    settings.WEBSOCKETS = {"gateway_secret": "s" * 40}
    settings.SECRET_KEY = "a-secret-key-of-tests"

    response = connect(client, **{PROBE_HEADER: sign("n"), "X-Ws-Gateway-Secret": "s" * 40})

    said = json.dumps(json.loads(response.content))
    assert "s" * 40 not in said
    assert settings.SECRET_KEY not in said
    assert "theme=dark" not in said


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"ws_probe": 1}', b'{"ws_probe": {"x": 1}}'])
def test_a_body_that_is_no_report_is_read_as_none(body):
    assert ProbeReport.read(body) is None
