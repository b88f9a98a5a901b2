"""Members who are taken out of a group of DiscussIt while its page is open, on both versions."""

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.discussit.sites import Site
from tests.acceptance.discussit.visitor import (
    People,
    connected,
    expect_in_log,
    log,
    open_by_hand,
    say,
    send_by_hand,
)

pytestmark = pytest.mark.browser

SCRIPT = """
from django.contrib.auth.models import User
from chat.models import Group
group, ada = Group.objects.get(uuid="{group}"), User.objects.get(username="ada")
{call}
"""


@pytest.mark.parametrize("call", ["group.remove_user_from_group(ada)", "group.members.remove(ada)"])
def test_a_member_taken_out_by_a_script_hears_and_says_nothing_more(
    site: Site, people: People, call: str
):
    group = site.add_group("", "ada", "grace")
    ada, grace = come_to(people, site, group)

    site.run(SCRIPT.format(group=group, call=call))

    expect_ended(site, group, ada=ada, grace=grace)
    forgive_refusals(people)


def test_a_member_taken_out_in_the_admin_hears_and_says_nothing_more(site: Site, people: People):
    group = site.add_group("", "ada", "grace")
    ada, grace = come_to(people, site, group)
    ((key,),) = site.execute("SELECT id FROM chat_group WHERE uuid = %s", group)
    admin = people.come("admin", f"/admin/chat/group/{key}/change/")

    admin.select_option("[name=members]", label=["grace"])
    admin.click("[name=_save]")
    expect(admin.locator(".messagelist .success")).to_be_visible()

    expect_ended(site, group, ada=ada, grace=grace)
    forgive_refusals(people)


def come_to(people: People, site: Site, group: str) -> list[Page]:
    pages = [connected(people.come(name, f"/groups/{group}/")) for name in ("ada", "grace")]
    assert open_by_hand(pages[0], group) == "open"
    return pages


def forgive_refusals(people: People) -> None:
    """Forget what the console says when a page asks Django why it hears nothing more."""
    # The admin has no icon.
    expected = ("403 (Forbidden)", "404 (Not Found)")
    people.errors = [one for one in people.errors if not one.endswith(expected)]


def expect_ended(site: Site, group: str, *, ada: Page, grace: Page) -> None:
    expect(ada.locator("#notice")).to_contain_text("group")
    expect(ada.locator("#chat-message-submit")).to_be_disabled()
    ada.wait_for_function("window.isLost")
    send_by_hand(ada, type="text_message", author="ada", message="Still here?")
    say(grace, "Now that ada is gone")
    expect_in_log(grace, "Now that ada is gone")

    assert "Now that ada is gone" not in log(ada)
    assert all(frame["type"] == "event_message" for frame in ada.evaluate("window.heard"))
    assert site.messages(group) == [("grace", "Now that ada is gone")]
