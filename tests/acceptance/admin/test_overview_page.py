"""The overview in a browser, which refreshes it by itself."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from django_aws_api_gateway_websockets.models import (
    AttemptWindow,
    ConnectionRateLimit,
    RelayTask,
    WebSocketSession,
)
from django_aws_api_gateway_websockets.models.queued_broadcast import QueuedBroadcast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LogIn = Callable[..., Page]

LONG = "a-channel-with-a-name-of-" + "many-" * 20
SPILLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


@pytest.fixture
def busy(people) -> None:
    """A day with sockets, a broadcast under way, a relay, and somebody who is locked out."""
    WebSocketSession.objects.bulk_create(
        WebSocketSession(
            connection_id=f"{number}=",
            channel_name=LONG if number == 0 else f"room-{number % 7}",
            connected=number % 3 == 0,
        )
        for number in range(240)
    )
    for number, session in enumerate(WebSocketSession.objects.order_by("pk")):
        opened = timezone.now() - timedelta(hours=number % 24)
        WebSocketSession.objects.filter(pk=session.pk).update(
            created_on=opened, updated_on=opened + timedelta(hours=number % 5)
        )
    broadcast = QueuedBroadcast.objects.create(text="x")
    for number in range(4):
        broadcast.ranges.create(
            api_id="a", stage="s", session_keys=[], position=900, is_finished=number < 3
        )
    RelayTask.objects.create(name="presence", done_on=timezone.now())
    ConnectionRateLimit.objects.create(ip_address="203.0.113.9")
    AttemptWindow.objects.create(key="ip:203.0.113.9/32", attempts=99, opened_at=timezone.now())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_in_light_and_dark_on_a_desk_and_on_a_phone(
    log_in: LogIn, busy, scheme: str, width: int
) -> None:
    page = log_in("root", viewport={"width": width, "height": 900}, color_scheme=scheme)

    page.get_by_role("link", name="Overview", exact=True).first.click()

    expect(page.get_by_role("heading", name="Sockets", exact=True)).to_be_visible()
    assert not page.evaluate(SPILLS)
    line = page.locator(".websockets-sparkline .line")
    assert line.evaluate("one => one.getBBox().height") > 0
    assert line.evaluate("one => getComputedStyle(one).stroke") not in {"none", ""}
    expect(page.get_by_role("progressbar")).to_be_visible()


def test_it_refreshes_itself_without_a_script(log_in: LogIn, busy) -> None:
    page = log_in("root", java_script_enabled=False)
    page.get_by_role("link", name="Overview", exact=True).first.click()
    open_now = page.locator(".websockets-figures p").first
    expect(open_now).to_contain_text("80")

    WebSocketSession.objects.update(connected=False)

    expect(open_now).to_contain_text("0 open now", timeout=60_000)
    page.get_by_role("link", name="Stop", exact=True).click()
    expect(page.get_by_role("link", name="Keep it fresh")).to_be_visible()
