"""No test posts over the network unless it says that it means to."""

import logging
import socket

import pytest
from django.test import utils

from django_aws_api_gateway_websockets.aws.network_in_tests import (
    NetworkInTestError,
    allow_network,
    is_test_running,
    refuse_network,
)
from django_aws_api_gateway_websockets.channels import publish
from django_aws_api_gateway_websockets.core.errors import GatewayUnreachableError
from django_aws_api_gateway_websockets.models import WebSocketSession

AWS = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/production"


@pytest.fixture
def _network() -> None:
    """Leave the network closed, as it is in the tests of projects."""


@pytest.mark.django_db
def test_a_send_in_a_test_says_what_to_do_instead(session, settings):
    settings.WEBSOCKETS = {}

    with pytest.raises(NetworkInTestError) as raised:
        session.send_message("x")

    assert str(raised.value) == (
        f"This test was about to post to {AWS}, and tests post nothing over the network. Let the "
        "testing kit take it, django_aws_api_gateway_websockets.testing: open a WebSocketClient, "
        "or send within `with assert_sent(...):`. If the test means the network, say so: "
        "`with allow_network():`, which the kit has, too."
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.any_database
def test_a_send_whose_failure_would_only_be_logged_fails_the_test(session, settings, caplog):
    settings.WEBSOCKETS = {}

    for send in (
        lambda: WebSocketSession.objects.send_message("x"),
        lambda: publish("general", "x"),
        session.close,
    ):
        with caplog.at_level(logging.ERROR), pytest.raises(NetworkInTestError):
            send()
    assert caplog.text == ""


@pytest.mark.django_db
def test_a_local_gateway_that_is_not_there_is_no_place_to_post_to(
    session, settings, unused_tcp_port
):
    address = f"127.0.0.1:{unused_tcp_port}"
    settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": address}

    with pytest.raises(NetworkInTestError, match=address):
        session.send_message("x")
    with allow_network(), pytest.raises(GatewayUnreachableError):
        session.send_message("x")


def test_a_local_gateway_that_is_there_may_be_told():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        refuse_network(f"http://127.0.0.1:{listening.getsockname()[1]}/production")


def test_a_block_allows_the_network_and_no_more():
    with allow_network():
        with allow_network():
            pass
        refuse_network(AWS)

    with pytest.raises(NetworkInTestError):
        refuse_network(AWS)


def test_outside_of_a_test_environment_nothing_is_refused(monkeypatch):
    assert is_test_running()

    monkeypatch.delattr(utils._TestState, "saved_data")

    assert not is_test_running()
    refuse_network(AWS)
