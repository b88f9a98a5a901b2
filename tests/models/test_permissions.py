import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.exceptions import ValidationError

from django_aws_api_gateway_websockets.models import ChannelPermission

pytestmark = pytest.mark.django_db

Access = ChannelPermission.Access


def make_user(name, **values):
    return get_user_model().objects.create_user(name, **values)


def grant(user, *codenames):
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return get_user_model().objects.get(pk=user.pk)


@pytest.mark.parametrize(
    ("access", "admitted"),
    [
        (Access.ALLOW_ALL, {"nobody", "anonymous", "inactive", "user", "staff", "superuser"}),
        (Access.STAFF_ONLY, {"staff", "superuser"}),
        (Access.SUPERUSER_ONLY, {"superuser"}),
        (Access.PERMISSIONS, {"superuser"}),
        ("a level of the future", set()),
    ],
)
def test_each_level_admits_its_users(access, admitted):
    users = {
        "nobody": None,
        "anonymous": AnonymousUser(),
        "inactive": make_user("i", is_active=False, is_superuser=True, is_staff=True),
        "user": make_user("u"),
        "staff": make_user("s", is_staff=True),
        "superuser": make_user("r", is_superuser=True),
    }
    permission = ChannelPermission(channel_name="c", access=access)

    assert {name for name, user in users.items() if permission.allows(user)} == admitted


def test_one_rule_whose_permissions_are_all_held_opens_the_channel(django_assert_num_queries):
    channel = ChannelPermission.objects.create(channel_name="c", access=Access.PERMISSIONS)
    both = channel.rules.create()
    both.permissions.set(Permission.objects.filter(codename__in=["add_user", "view_user"]))
    channel.rules.create()

    assert str(both) == "auth.add_user AND auth.view_user"
    assert [str(rule) for rule in channel.rules.all()][1] == "(no permissions)"
    assert not channel.allows(grant(make_user("one"), "add_user"))
    allowed = grant(make_user("two"), "add_user", "view_user")
    allowed.get_all_permissions()
    with django_assert_num_queries(2):
        assert channel.allows(allowed)


def test_a_channel_is_found_by_its_exact_name():
    channel = ChannelPermission.objects.create(channel_name="staff", access=Access.STAFF_ONLY)

    assert ChannelPermission.for_channel("staff") == channel
    assert ChannelPermission.for_channel("other") is None
    assert str(channel) == "staff (Staff only)"


def test_a_channel_name_has_no_blanks():
    with pytest.raises(ValidationError):
        ChannelPermission(channel_name="a b").full_clean()
