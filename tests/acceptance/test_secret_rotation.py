"""The gateway secret is replaced in the three documented steps, and no socket notices."""

import secrets
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from tests import events
from tests.stack import Stack, answer, ask, make_stack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

OLD, NEW = secrets.token_urlsafe(32), secrets.token_urlsafe(32)


@pytest.fixture
def deploy(settings, local_gateway):
    """Puts secrets where Django serves."""

    def deploy(*values: str) -> None:
        settings.WEBSOCKETS = {**settings.WEBSOCKETS, "gateway_secret": list(values)}

    return deploy


def update_integrations(*, dry_run: bool = False) -> str:
    written = StringIO()
    call_command("updateApiGatewayIntegrations", dry_run=dry_run, stdout=written)
    return written.getvalue()


def status_of_a_call_with(secret: str, stack: Stack) -> int:
    headers = {"X_Ws_Gateway_Secret": secret, "X_Amzn_Apigateway_Api_Id": stack.gateway.api_id}
    return events.message(Client(), {"action": "reply"}, "/live-ws/default", **headers).status_code


def test_a_socket_that_was_open_before_works_after_each_step(live_server, deploy):
    deploy(OLD)
    stack = make_stack(live_server, "/live-ws/")
    with stack.connect() as socket:

        def check(step: str) -> None:
            ask(socket, action="reply", text=step)
            assert answer(socket) == {"you sent": step}
            with stack.connect():
                pass

        check("before")
        deploy(OLD, NEW)
        check("both are accepted, the old one is sent")
        deploy(NEW, OLD)
        check("the integrations do not know yet")
        planned = update_integrations(dry_run=True)
        check("nothing has been changed")
        update_integrations()
        check("both are accepted, the new one is sent")
        deploy(NEW)
        check("after")

    assert planned.count("would update") == 3
    assert update_integrations().count("is up to date") == 3
    assert status_of_a_call_with(OLD, stack) == 403
    assert status_of_a_call_with(NEW, stack) == 400  # Accepted; it is the connection that is none.
    assert NEW not in planned
