"""A rule that is moved away from a channel ends the rights it gave there."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.models import ChannelPermission, ChannelPermissionRule

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.urls("tests.project.closed_urls")
def test_a_rule_that_is_renamed_takes_out_those_of_its_old_name(open_socket, server):
    row = ChannelPermission.objects.create(channel_name="office")
    open_socket("a=", user="ada").subscribe("office")

    row.channel_name = "bureau"
    row.save()

    # Nobody may subscribe to "office" now: it has no rule, and unlisted channels are closed.
    assert channels.publish("office", "secret").report.sent == 0


def test_a_set_of_permissions_that_moves_takes_out_those_it_let_in(open_socket, server):
    office = ChannelPermission.objects.create(channel_name="office", access="permissions")
    other = ChannelPermission.objects.create(channel_name="other", access="permissions")
    rule = ChannelPermissionRule.objects.create(channel_permission=office)
    permission = Permission.objects.get(codename="view_group")
    rule.permissions.add(permission)
    user = get_user_model().objects.create_user("ada")
    user.user_permissions.add(permission)
    open_socket("a=", user=user).subscribe("office")

    rule.channel_permission = other
    rule.save()

    assert channels.publish("office", "secret").report.sent == 0
