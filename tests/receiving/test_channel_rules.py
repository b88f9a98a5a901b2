import pytest

from django_aws_api_gateway_websockets.models import ChannelPermission
from tests import events
from tests.project.views import OpenView

pytestmark = pytest.mark.django_db


def test_the_channels_rule_decides_who_may_join(client, api_gateway):
    ChannelPermission.objects.create(
        channel_name="staff", access=ChannelPermission.Access.STAFF_ONLY
    )

    assert events.connect(client, query="?channel=staff").status_code == 403
    assert events.connect(client, query="?channel=open").status_code == 200


def test_unlisted_channels_can_be_closed(client, api_gateway, monkeypatch):
    monkeypatch.setattr(OpenView, "ALLOW_UNLISTED_CHANNELS", False)

    assert events.connect(client, query="?channel=open").status_code == 403


def test_permissions_can_be_asked_on_connect(client, api_gateway, monkeypatch):
    monkeypatch.setattr(OpenView, "CHECK_PERMISSIONS_ON_CONNECT", True)
    monkeypatch.setattr(OpenView, "all_permissions_required", ["auth.view_user"])

    assert events.connect(client).status_code == 403
