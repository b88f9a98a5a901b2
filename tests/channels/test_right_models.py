"""Rights that end through other models of the same tables: proxies, and models that extend one."""

from contextlib import contextmanager

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import connection

from django_aws_api_gateway_websockets import channels
from django_aws_api_gateway_websockets.models import ChannelPermission, ChannelPermissionRule

pytestmark = pytest.mark.django_db(transaction=True)


KEPT = []
"""Models that were defined: Django's signals know a sender by its address in memory."""


@pytest.fixture
def define():
    """Defines a model that is gone after the test."""
    defined = []

    def define(base, **options):
        name = f"Other{base.__name__}"
        label = base._meta.app_label
        meta = type("Meta", (), {"app_label": label, **options})
        defined.append((label, name.lower()))
        KEPT.append(type(name, (base,), {"__module__": __name__, "Meta": meta}))
        return KEPT[-1]

    yield define
    for label, name in defined:
        del apps.all_models[label][name]
    apps.clear_cache()


@contextmanager
def table_of(model):
    with connection.schema_editor() as editor:
        editor.create_model(model)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(model)


@pytest.fixture
def ada(kinds, open_socket, server):
    """She is in a room as a member of its group, and in two offices by their rows."""
    user = get_user_model().objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.create(name="room-7"))
    viewing = Permission.objects.get(codename="view_group")
    user.user_permissions.add(viewing)
    ChannelPermission.objects.create(channel_name="staff", access="staff_only")
    office = ChannelPermission.objects.create(channel_name="office", access="permissions")
    ChannelPermissionRule.objects.create(channel_permission=office).permissions.add(viewing)
    session = open_socket(user=user)
    for name in ("room-7", "staff", "office"):
        session.subscribe(name)
    return user


def is_in(name):
    return channels.publish(name, "secret").report.sent == 1


def no_longer_staff(user):
    user.is_staff = False
    user.save()


def without_groups(user):
    user.groups.clear()


def without_permissions(user):
    user.user_permissions.clear()


OF_USERS = [(no_longer_staff, "staff"), (without_groups, "room-7"), (without_permissions, "office")]


@pytest.mark.parametrize(("change", "channel"), OF_USERS)
def test_a_proxy_of_the_users(define, ada, change, channel):
    proxy = define(get_user_model(), proxy=True)
    assert is_in(channel)

    change(proxy.objects.get())

    assert not is_in(channel)


@pytest.mark.parametrize(("change", "channel"), OF_USERS)
def test_a_model_that_extends_the_users(define, ada, change, channel):
    member = define(get_user_model())
    with table_of(member):
        extended = member(user_ptr=ada)
        extended.__dict__.update({**ada.__dict__, "_state": extended._state})
        extended.save_base(raw=True)
        assert is_in(channel)

        change(member.objects.get())

        assert not is_in(channel)


def deleted(row):
    row.delete()


def all_deleted(row):
    type(row).objects.all().delete()


@pytest.mark.parametrize("end", [deleted, all_deleted])
@pytest.mark.parametrize(("base", "channel"), [(Group, "room-7"), (Permission, "office")])
def test_a_proxy_of_groups_or_permissions(define, ada, base, channel, end):
    proxy = define(base, proxy=True)
    row = proxy.objects.filter(codename="view_group") if base is Permission else proxy.objects
    assert is_in(channel)

    end(row.get())

    assert not is_in(channel)


def superusers_only(row):
    row.access = "superuser_only"
    row.save()


def test_a_proxy_of_channel_permissions(define, ada):
    proxy = define(ChannelPermission, proxy=True)

    superusers_only(proxy.objects.get(channel_name="staff"))

    assert not is_in("staff")


def test_a_proxy_of_rules(define, ada):
    proxy = define(ChannelPermissionRule, proxy=True)

    proxy.objects.get().delete()

    assert not is_in("office")


def test_a_proxy_of_channel_permissions_is_deleted_with_its_rules(define, ada):
    proxy = define(ChannelPermission, proxy=True)

    proxy.objects.get(channel_name="office").delete()

    # Unlisted channels are open in this project.
    assert is_in("office")
