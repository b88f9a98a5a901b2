import re
from datetime import timedelta

import pytest
from django.utils import timezone

from django_aws_api_gateway_websockets.aws.integration_headers import get_source_ip_headers
from django_aws_api_gateway_websockets.models import AttemptWindow, ConnectionRateLimit
from django_aws_api_gateway_websockets.views import WebSocketView
from tests import events
from tests.project.views import OpenView

pytestmark = pytest.mark.django_db


def test_attempts_beyond_the_limit_are_refused_and_not_counted(client, api_gateway, monkeypatch):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    monkeypatch.setattr(OpenView, "RATE_LIMIT_MAX_ATTEMPTS", 3)

    statuses = [
        events.connect(client, Connectionid=f"{number}=").status_code for number in range(5)
    ]

    assert statuses == [200, 200, 200, 400, 400]
    assert ConnectionRateLimit.objects.count() == 3


def test_failed_attempts_of_every_kind_are_counted(client, api_gateway, monkeypatch):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)

    events.connect(client, Origin="https://evil.com")
    events.connect(client, query="?channel=a%20b")
    events.connect(client, Connectionid="a b")

    assert list(ConnectionRateLimit.objects.values_list("successful", flat=True)) == [False] * 3


def test_attempts_are_counted_by_the_address_api_gateway_states(client, api_gateway, monkeypatch):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)

    events.connect(client, X_Forwarded_For="203.0.113.9, 10.0.0.1")
    events.connect(client, X_Forwarded_For="nonsense", Connectionid="2=")

    assert list(
        ConnectionRateLimit.objects.order_by("pk").values_list("ip_address", flat=True)
    ) == [
        "203.0.113.9",
        "0.0.0.0",
    ]


@pytest.mark.parametrize("scope", ["eth0", "x" * 300])
def test_an_address_with_a_scope_is_nobodys(client, api_gateway, monkeypatch, scope):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)

    answer = events.connect(client, X_Forwarded_For=f"fe80::1%{scope}")

    assert answer.status_code == 200
    assert ConnectionRateLimit.objects.get().ip_address == "0.0.0.0"


@pytest.mark.parametrize(
    ("stated", "address"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_port_behind_an_address_is_no_part_of_it(
    client, api_gateway, monkeypatch, stated, address
):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)

    events.connect(client, X_Forwarded_For=stated)

    assert ConnectionRateLimit.objects.get().ip_address == address


def test_an_address_the_client_wrote_does_not_count_where_api_gateway_states_its_own(
    client, api_gateway, monkeypatch, settings
):
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    monkeypatch.setattr(OpenView, "RATE_LIMIT_MAX_ATTEMPTS", 2)
    name = get_source_ip_headers()[0].replace("-", "_")

    statuses = [
        events.connect(
            client,
            Connectionid=f"{number}=",
            X_Forwarded_For=f"198.51.100.{number}",
            X_Ws_Source_Ip="198.51.100.99",
            **{name: "203.0.113.7"},
        ).status_code
        for number in range(4)
    ]

    assert statuses == [200, 200, 400, 400]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key"
    assert events.connect(client, **{name: "203.0.113.7"}).status_code == 400


def test_the_limit_comes_from_the_settings_unless_the_view_has_its_own(
    client, api_gateway, settings, monkeypatch
):
    settings.WEBSOCKETS = {"rate_limit_max_attempts": 1}
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    events.connect(client, Connectionid="first=")

    by_setting = events.connect(client)
    monkeypatch.setattr(OpenView, "RATE_LIMIT_MAX_ATTEMPTS", 5)
    by_view = events.connect(client)

    assert by_setting.content == b"Too many connection attempts"
    assert by_view.status_code == 200


def test_a_user_put_into_the_request_is_told_when_their_own_window_ends(
    client, api_gateway, monkeypatch, caplog, django_user_model
):
    ada = django_user_model.objects.create_user("ada")
    opened_at = timezone.now() - timedelta(seconds=50)
    AttemptWindow.objects.create(key=f"user:{ada.pk}", attempts=20, opened_at=opened_at)

    def connect(self, request, *args, **kwargs):
        request.user = ada
        return WebSocketView.connect(self, request, *args, **kwargs)

    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    monkeypatch.setattr(OpenView, "connect", connect)

    assert events.connect(client).content == b"Too many connection attempts"
    said = re.search(rf"user:{ada.pk} has used up .* retry in (\d+) s", caplog.text)
    assert said is not None
    assert 5 <= int(said[1]) <= 10


def use_up(client, monkeypatch, **headers) -> None:
    monkeypatch.setattr(OpenView, "RATE_LIMIT_ENABLED", True)
    monkeypatch.setattr(OpenView, "RATE_LIMIT_MAX_ATTEMPTS", 2)
    monkeypatch.setattr(OpenView, "RATE_LIMIT_WINDOW_MINUTES", 5)
    statuses = [
        events.connect(client, Connectionid=f"{number}=", **headers).status_code
        for number in range(3)
    ]
    assert statuses == [200, 200, 400]


DELETIONS = pytest.mark.parametrize(
    "delete",
    [
        lambda: ConnectionRateLimit.objects.all().delete(),
        lambda: ConnectionRateLimit.objects.latest("pk").delete(),
        lambda: ConnectionRateLimit.objects.filter(ip_address__endswith="9").delete(),
    ],
    ids=["all", "one", "of an address"],
)


@DELETIONS
@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::9"])
def test_deleting_attempts_lets_an_address_in_again(
    client, api_gateway, monkeypatch, delete, address
):
    use_up(client, monkeypatch, X_Forwarded_For=address)

    delete()

    headers = {"Connectionid": "4=", "X_Forwarded_For": address}
    assert events.connect(client, **headers).status_code == 200


@DELETIONS
def test_deleting_attempts_lets_a_user_in_again(
    client, api_gateway, monkeypatch, delete, django_user_model
):
    client.force_login(django_user_model.objects.create_user("ada"))
    use_up(client, monkeypatch, X_Forwarded_For="203.0.113.9")

    delete()

    assert events.connect(client, Connectionid="4=").status_code == 200


def test_deleting_the_attempts_of_others_lets_nobody_else_in(client, api_gateway, monkeypatch):
    use_up(client, monkeypatch, X_Forwarded_For="203.0.113.9")
    ConnectionRateLimit.record_attempt("203.0.113.8")

    ConnectionRateLimit.objects.filter(ip_address="203.0.113.8").delete()

    headers = {"Connectionid": "4=", "X_Forwarded_For": "203.0.113.9"}
    assert events.connect(client, **headers).status_code == 400


def test_deleting_old_attempts_opens_no_door(client, api_gateway, monkeypatch):
    old = ConnectionRateLimit.record_attempt("203.0.113.9")
    earlier = timezone.now() - timedelta(hours=1)
    ConnectionRateLimit.objects.filter(pk=old.pk).update(attempt_time=earlier)
    use_up(client, monkeypatch, X_Forwarded_For="203.0.113.9")

    ConnectionRateLimit.objects.get(pk=old.pk).delete()
    ConnectionRateLimit.cleanup_old_records()

    headers = {"Connectionid": "4=", "X_Forwarded_For": "203.0.113.9"}
    assert events.connect(client, **headers).status_code == 400
