"""The relay asks the rules of each subscription again, whatever happens to another one."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from django_aws_api_gateway_websockets.channels import relay
from django_aws_api_gateway_websockets.models import Subscription

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_rule_that_fails_in_the_database_keeps_no_other_from_being_asked(
    kinds, open_socket, server
):
    open_socket("a=", user="ada").subscribe("hall-a")
    open_socket("b=", user="bob").subscribe("board-b")
    Subscription.objects.update(checked_on=timezone.now() - timedelta(hours=1))

    def fail(self, user):
        raise DatabaseError("relation does not exist")

    kinds.Hall.may_subscribe = fail
    kinds.Board.may_subscribe = lambda self, user: False
    one = relay.Relay()
    one.run_due(at_once=True)
    one.run_due(at_once=True)

    assert not Subscription.objects.filter(channel_name="board-b").exists()
