from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.models import WebSocketSession, hash_session_key

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_logging_out_closes_the_connections_of_that_session_only(client, api_gateway):
    user = get_user_model().objects.create_user("ada")
    client.force_login(user)
    key = client.session.session_key
    for connection_id, session_key in (("mine=", key), ("other=", "another")):
        WebSocketSession.objects.create(
            connection_id=connection_id,
            api_gateway=api_gateway,
            user=user,
            session_key_hash=hash_session_key(session_key),
        )

    client.logout()

    open_ids = WebSocketSession.objects.filter(connected=True).values_list("connection_id")
    assert list(open_ids) == [("other=",)]


def test_a_logout_without_session_closes_nothing(rf, api_gateway):
    from django.contrib.auth.signals import user_logged_out

    WebSocketSession.objects.create(connection_id="a=", api_gateway=api_gateway)

    user_logged_out.send(sender=None, request=rf.get("/"), user=None)
    user_logged_out.send(sender=None, request=None, user=None)

    assert WebSocketSession.objects.get().connected is True


def test_a_deactivation_behind_djangos_back_ends_the_broadcasts(api_gateway, monkeypatch):
    user = get_user_model().objects.create_user("ada")
    WebSocketSession.objects.create(connection_id="a=", api_gateway=api_gateway, user=user)
    get_user_model().objects.update(is_active=False)

    assert WebSocketSession.objects.all().send_message({"to": "nobody"}) == []


def test_saving_other_columns_of_a_user_costs_nothing(django_assert_num_queries):
    user = get_user_model().objects.create_user("ada")

    with django_assert_num_queries(1):
        user.save(update_fields=["last_login"])
    # Any other column may be a right: its connections are looked for, for their login and channels.
    with django_assert_num_queries(3):
        user.save()


@pytest.mark.django_db(transaction=True)
def test_an_api_gateway_that_cannot_be_reached_does_not_keep_anybody_from_logging_out(
    client, api_gateway, settings, unused_tcp_port, caplog
):
    settings.WEBSOCKETS = {
        "local_gateway": True,
        "local_gateway_address": f"127.0.0.1:{unused_tcp_port}",
    }
    client.force_login(get_user_model().objects.create_user("ada"))
    WebSocketSession.objects.create(
        connection_id="a=",
        api_gateway=api_gateway,
        session_key_hash=hash_session_key(client.session.session_key),
    )

    client.logout()

    assert WebSocketSession.objects.get().connected is False
    assert "Connection a= could not be closed" in caplog.text


class Closer:
    """A double that a project puts in place of boto3's client."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def delete_connection(self, *, ConnectionId):  # noqa: N803 - the name of AWS.
        self.closed.append(ConnectionId)


@pytest.fixture
def closer(monkeypatch) -> Closer:
    closer = Closer()
    monkeypatch.setattr(models, "get_boto3_client", lambda service, **kwargs: closer)
    return closer


@pytest.fixture
def define() -> Iterator[Callable[..., Any]]:
    """Define a model of users, which is removed after the test."""
    defined = []

    def define(name: str, **options: Any) -> Any:
        meta = type("Meta", (), {"app_label": "auth", **options})
        defined.append(name.lower())
        return type(name, (get_user_model(),), {"__module__": __name__, "Meta": meta})

    yield define
    for name in defined:
        del apps.all_models["auth"][name]
    apps.clear_cache()


END_OF_LOGIN = {
    "deactivated": lambda user: setattr(user, "is_active", False) or user.save(),
    "new password": lambda user: user.set_password("new") or user.save(),
    "deleted": lambda user: user.delete(),
    "all deleted": lambda user: type(user).objects.filter(pk=user.pk).delete(),
}


@pytest.fixture(params=END_OF_LOGIN)
def end_login(request) -> Callable[[Any], Any]:
    return END_OF_LOGIN[request.param]


def open_session(user, api_gateway, connection_id: str = "a=") -> None:
    WebSocketSession.objects.create(
        connection_id=connection_id,
        api_gateway=api_gateway,
        user=user,
        auth_hash=models.hash_user_auth(user),
    )


def test_a_login_ended_through_a_proxy_of_the_users_closes_its_sockets(
    define, api_gateway, closer, end_login, django_capture_on_commit_callbacks
):
    proxy = define("ProxyUser", proxy=True)
    get_user_model().objects.create_user("ada")
    open_session(get_user_model().objects.get(), api_gateway)

    with django_capture_on_commit_callbacks(execute=True):
        end_login(proxy.objects.get())

    assert closer.closed == ["a="]


@pytest.mark.django_db(transaction=True)
def test_a_login_ended_through_a_child_of_the_users_closes_its_sockets(
    define, api_gateway, closer, end_login
):
    member = define("Member")
    with connection.schema_editor() as editor:
        editor.create_model(member)
    try:
        member.objects.create_user("ada")
        open_session(get_user_model().objects.get(), api_gateway)

        end_login(member.objects.get())

        assert closer.closed == ["a="]
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(member)


@pytest.mark.django_db(transaction=True)
def test_logging_in_as_somebody_else_closes_what_was_opened_before(client, api_gateway, closer):
    users = [
        get_user_model().objects.create_superuser(name, password="correct")
        for name in ("ada", "bob")
    ]

    def log_in(name: str) -> str:
        client.post("/admin/login/?next=/admin/", {"username": name, "password": "correct"})
        return client.session.session_key

    for user, connection_id in zip(users, ["a=", "b="], strict=True):
        WebSocketSession.objects.create(
            connection_id=connection_id,
            api_gateway=api_gateway,
            user=user,
            session_key_hash=hash_session_key(log_in(user.username)),
        )
    assert closer.closed == ["a="]

    log_in("bob")

    assert closer.closed == ["a="]


def test_a_login_by_code_that_has_no_request_closes_nothing(rf, api_gateway, closer):
    from django.contrib.auth.signals import user_logged_in

    user = get_user_model().objects.create_user("ada")
    open_session(user, api_gateway)

    user_logged_in.send(sender=None, request=None, user=user)
    user_logged_in.send(sender=None, request=rf.get("/"), user=user)

    assert closer.closed == []


def test_other_models_are_still_deleted_with_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        models.AttemptWindow.objects.all().delete()
