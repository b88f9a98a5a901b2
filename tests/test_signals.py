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
