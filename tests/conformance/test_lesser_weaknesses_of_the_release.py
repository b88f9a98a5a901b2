"""Weaknesses of release 4.1.0 of the existing package beside the ranked ones.

A test begins with the section of the list it stands in: 2 is security, 3 is correctness.
"""

import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordChangeView
from django.test import Client
from django.urls import include, path

from django_aws_api_gateway_websockets.aws.integration_headers import get_source_ip_headers
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession
from tests import events
from tests.delivery.recording_server import KEYS, REGION, THROTTLED, RecordingServer, Reply
from tests.project.views import OpenView

pytestmark = pytest.mark.django_db

urlpatterns = [
    path("", include("tests.project.urls")),
    path(
        "password/",
        PasswordChangeView.as_view(form_class=SetPasswordForm, success_url="/password/"),
    ),
]


@pytest.fixture
def aws(settings):
    """API Gateway as far as its answers to posts go."""
    with RecordingServer() as server:
        settings.AWS_ACCESS_KEY_ID = KEYS.access_key
        settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
        settings.AWS_GATEWAY_REGION_NAME = REGION
        settings.WEBSOCKETS = {"endpoint_url": server.url}
        yield server


class InheritingView(OpenView):
    """Defines no handler itself, so that clients may call none but those it names."""


@pytest.fixture
def client() -> Client:
    """Django's, where its neighbours here mean boto3's."""
    return Client()


@pytest.fixture
def session(api_gateway) -> WebSocketSession:
    return WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID, api_gateway=api_gateway
    )


def test_2_logging_out_closes_what_was_opened_before_the_session_key_changed(
    client, api_gateway, settings
):
    settings.ROOT_URLCONF = __name__
    client.force_login(get_user_model().objects.create_user("ada"))
    first_key = client.session.session_key
    assert events.connect(client).status_code == 200

    changed = client.post("/password/", {"new_password1": "q8&kXw!2", "new_password2": "q8&kXw!2"})
    second_key = client.session.session_key
    client.logout()

    assert changed.status_code == 302
    assert second_key != first_key
    assert WebSocketSession.objects.get().connected is False


def test_2_a_port_beside_the_address_puts_nobody_into_one_bucket(client, api_gateway, monkeypatch):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    header = get_source_ip_headers()[0].replace("-", "_")

    statuses = [
        events.connect(
            client,
            Connectionid=f"{number}=",
            X_Forwarded_For=f"203.0.113.{number}:{40_000 + number}",
            **{header: f"203.0.113.{number}"},
        ).status_code
        for number in range(40)
    ]

    assert statuses == [200] * 40


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset])
def test_3_additional_handlers_may_be_any_collection(rf, session, kind):
    view = InheritingView.as_view(ADDITIONAL_ALLOWED_HANDLERS=kind(["shout"]))
    request = rf.post(
        "/ws/default",
        b'{"action": "shout"}',
        content_type="application/json",
        headers=events.COMMON_HEADERS,
    )

    answer = view(request, route="default")

    assert json.loads(answer.content)["handler"] == "shout"


def test_3_a_blank_stage_stored_by_the_release_is_sent_to_as_production(session, aws):
    ApiGateway.objects.update(stage_name="")

    session.refresh_from_db()
    session.send_message({})
    WebSocketSession.objects.all().send_message({})

    stages = [request.target.split("/")[-3] for request in aws.arrived]
    assert stages == ["production", "production"]


def test_3_a_throttled_message_is_sent_again_to_one_and_to_all(session, aws):
    aws.will_answer(session.connection_id, THROTTLED, Reply(), THROTTLED, THROTTLED, Reply())

    one = session.send_message({"n": 1})
    everybody = WebSocketSession.objects.all().send_message({"n": 2})

    assert one["ResponseMetadata"]["RetryAttempts"] == 1
    assert [answer["ResponseMetadata"]["RetryAttempts"] for answer in everybody] == [2]
