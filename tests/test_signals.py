import pytest
from django.contrib.auth import get_user_model

from django_aws_api_gateway_websockets.models import WebSocketSession, hash_session_key

pytestmark = pytest.mark.django_db


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


def test_saving_what_is_no_login_costs_nothing(django_assert_num_queries):
    user = get_user_model().objects.create_user("ada")

    with django_assert_num_queries(1):
        user.save(update_fields=["last_login"])
    with django_assert_num_queries(2):
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
