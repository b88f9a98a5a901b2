import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from django_aws_api_gateway_websockets.models import ChannelPermission
from tests.admin.pages import APP, form_of, list_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

LIST = list_of("channelpermission")
ADD = reverse(f"admin:{APP}_channelpermission_add")


def permission(label: str) -> Permission:
    app, _, codename = label.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


@pytest.fixture
def channel(db):
    return ChannelPermission.objects.create(channel_name="staff-room", access="permissions")


def summary(root) -> str:
    changelist = root.get(LIST).context["cl"]
    return changelist.model_admin.rules_summary(changelist.result_list[0])


def test_every_page_opens(root, rows):
    row = rows.channelpermission

    for url in (LIST, ADD, *(page_of(row, page) for page in ("change", "history", "delete"))):
        assert root.get(url).status_code == 200


def test_columns_are_those_documented(root, channel):
    response = root.get(LIST)

    assert tuple(response.context["cl"].list_display) == (
        "action_checkbox",
        "channel_name",
        "access",
        "rules_summary",
        "updated_on",
    )
    assert "<span>Rules</span>" in response.content.decode()


def test_rules_are_summed_up_in_a_line(root, channel):
    channel.rules.create().permissions.set(
        [permission("auth.add_user"), permission("auth.view_user")]
    )
    channel.rules.create().permissions.set([permission("auth.add_group")])

    assert summary(root) == "(auth.add_user AND auth.view_user)  OR  (auth.add_group)"


def test_a_rule_without_permissions_is_said_to_have_none(root, channel):
    channel.rules.create()

    assert summary(root) == "(no permissions)"


def test_rules_that_say_nothing_are_not_shown(root, channel):
    channel.rules.create().permissions.set([permission("auth.add_user")])
    channel.access = ChannelPermission.Access.STAFF_ONLY
    channel.save()

    assert summary(root) == ""


def test_channels_are_filtered_and_searched(root, channel):
    ChannelPermission.objects.update(description="For the staff alone")

    for query, count in {
        "access__exact=permissions": 1,
        "access__exact=allow_all": 0,
        "q=staff-": 1,
        "q=alone": 1,
        "q=elsewhere": 0,
    }.items():
        assert root.get(f"{LIST}?{query}").context["cl"].result_count == count


def test_a_rule_is_put_together_in_the_picker(root, channel):
    url = page_of(channel)
    page = root.get(url).content.decode()
    assert "Can add user" in page
    assert 'class="selectfilter"' in page
    chosen = permission("auth.add_user")
    values = form_of(root, url) | {
        "rules-TOTAL_FORMS": "1",
        "rules-0-permissions": [chosen.pk],
    }

    assert root.post(url, values).status_code == 302

    assert list(channel.rules.get().permissions.all()) == [chosen]


def test_a_name_no_connection_could_give_is_refused(root):
    response = root.post(ADD, form_of(root, ADD) | {"channel_name": "two words"})

    assert "letters, digits, underscores and hyphens" in response.content.decode()


def test_the_picker_costs_one_statement_whatever_it_offers(root, channel):
    root.get(page_of(channel))
    with CaptureQueriesContext(connection) as without_rules:
        root.get(page_of(channel))
    channel.rules.create().permissions.set(Permission.objects.order_by("pk")[:8])
    with CaptureQueriesContext(connection) as with_a_rule:
        root.get(page_of(channel))

    assert len(with_a_rule) - len(without_rules) <= 6


def test_those_who_may_look_change_nothing(viewer, client_of, rows):
    row = rows.channelpermission

    page = viewer.get(page_of(row)).content.decode()
    for permission in row.rules.get().permissions.all():
        assert permission.name in page
    assert "<select" not in page
    assert viewer.post(page_of(row), {"access": "allow_all"}).status_code == 403
    assert viewer.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert client_of().get(LIST).status_code == 403
