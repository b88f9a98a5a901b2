"""Every page of the admin, opened the way staff open it: by its links."""

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from playwright.sync_api import Page, expect

from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    ChannelPermission,
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LogIn = Callable[..., Page]

APP = "django_aws_api_gateway_websockets"
MODELS = (
    "apigateway",
    "apigatewayadditionalroute",
    "websocketsession",
    "websockettoken",
    "connectionratelimit",
    "channelpermission",
)
LONG = "a-channel-with-a-name-of-forty-characters"

# The pages of the admin are wider than a phone only inside boxes that scroll by themselves.
SPILLS = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
OVERFLOWING = """() => {
    const scrolls = (element) => element !== null && element !== document.body
        && (/auto|scroll/.test(getComputedStyle(element).overflowX)
            || scrolls(element.parentElement));
    return [...document.querySelectorAll(".breadcrumbs, h1, h2, h3, li, p")]
        .filter((element) => element.checkVisibility() && !scrolls(element))
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1
            || element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
        .map((element) => element.outerHTML.slice(0, 80));
}"""
# On a phone the lists scroll by themselves.
DESKTOP = 1280
SCROLLS = """() => [...document.querySelectorAll(".results")]
    .some((box) => box.scrollWidth > box.clientWidth)"""
OVERLAPS = """() => {
    const filter = document.querySelector("#changelist-filter");
    if (!filter || innerWidth < 1024) return [];
    const edge = filter.getBoundingClientRect().right + 1;
    return [...filter.querySelectorAll("a, input, summary")]
        .filter((element) => element.getBoundingClientRect().right > edge)
        .map((element) => element.outerHTML);
}"""


@pytest.fixture
def pending(people, local_gateway) -> ApiGateway:
    return ApiGateway.objects.create(api_name="Chat", target_base_endpoint="http://127.0.0.1:9/ws/")


@pytest.fixture
def filled(pending) -> None:
    """Rows of every kind, with names as long as they may be."""
    user = get_user_model().objects.get(username="viewer")
    ApiGatewayAdditionalRoute.objects.create(
        api_gateway=pending, name="Extra", route_key="extra", integration_url="http://127.0.0.1:9/x"
    )
    WebSocketSession.objects.bulk_create(
        WebSocketSession(
            connection_id=f"L0SM9c{number}OvHcCIhA=",
            channel_name=LONG if number == 0 else f"channel-{number % 40}",
            user=user,
            api_gateway=pending,
        )
        for number in range(120)
    )
    WebSocketToken.generate_token(user=user, session_key="s")
    ConnectionRateLimit.objects.create(ip_address="203.0.113.9")
    channel = ChannelPermission.objects.create(channel_name=LONG, access="permissions")
    for start in (0, 3):
        rule = channel.rules.create()
        rule.permissions.set(Permission.objects.order_by("pk")[start : start + 3])


def address(page: Page, model: str, rest: str = "") -> str:
    return f"{page.url.partition('/admin/')[0]}/admin/{APP}/{model}/{rest}"


@pytest.mark.parametrize("who", ["root", "viewer"])
@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_every_page_opens_without_a_complaint_and_fits(
    log_in: LogIn, filled, who: str, width: int
) -> None:
    page = log_in(who, viewport={"width": width, "height": 900})
    expect(page.get_by_text("Django AWS ApiGateway Websockets").first).to_be_visible()

    for model in MODELS:
        page.goto(address(page, model))
        assert not page.evaluate(SPILLS), f"the list of {model} spills"
        assert page.evaluate(OVERLAPS) == []
        if width >= DESKTOP:
            assert not page.evaluate(SCROLLS), f"the list of {model} is wider than its place"
        page.locator("#result_list tbody a").first.click()
        expect(page.locator("#content")).to_be_visible()
        assert not page.evaluate(SPILLS), f"the page of {model} spills"
        page.get_by_role("link", name="History").click()
        expect(page.locator("#content")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_names_without_blanks_of_any_length_stay_within_the_window(
    log_in: LogIn, people, width: int
) -> None:
    gateway = ApiGateway.objects.create(
        api_name="A" * 255, target_base_endpoint="https://www.example.com/"
    )
    ApiGatewayAdditionalRoute.objects.create(
        api_gateway=gateway, name="R" * 63, route_key="k", integration_url="https://a.example.com/"
    )
    WebSocketSession.objects.create(connection_id="C" * 255, channel_name="c" * 128)
    ChannelPermission.objects.create(channel_name="p" * 128)
    page = log_in("root", viewport={"width": width, "height": 900})

    for model in ("apigateway", "apigatewayadditionalroute", "websocketsession"):
        page.goto(address(page, model))
        change = page.locator("#result_list tbody th a").first.get_attribute("href")
        for name in ("change", "history", "delete"):
            page.goto(address(page, "").partition("/admin/")[0] + change.replace("change", name))
            assert page.evaluate(OVERFLOWING) == [], f"{name} of {model}"


def test_an_api_is_created_by_its_action(log_in: LogIn, pending: ApiGateway) -> None:
    page = log_in("root")
    page.goto(address(page, "apigateway"))

    page.get_by_role("row", name="Chat").get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option("Create API Gateway")
    page.locator("button[name=index]").click()

    expect(page.locator(".messagelist .success")).to_have_text("Chat created")
    row = page.get_by_role("row", name="Chat")
    expect(row.locator(".field-provisioning_status")).to_have_text("Deployed")
    pending.refresh_from_db()
    assert pending.is_deployed


def test_a_change_aws_refuses_is_kept_and_explained(log_in: LogIn, pending: ApiGateway) -> None:
    ApiGateway.objects.update(
        api_id="unknown123", api_created=True, deployment_id="dep1", provisioning_status="deployed"
    )
    page = log_in("root")
    page.goto(address(page, "apigateway", f"{pending.pk}/change/"))

    page.get_by_label("Api description").fill("Changed")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".messagelist .success")).to_contain_text("was changed successfully")
    expect(page.locator(".messagelist .error")).to_contain_text("“Sync to AWS”")
    pending.refresh_from_db()
    assert pending.api_description == "Changed"


def test_a_route_is_added_beneath_its_api_and_found_by_typing(
    log_in: LogIn, pending: ApiGateway
) -> None:
    page = log_in("root")
    page.goto(address(page, "apigateway", f"{pending.pk}/change/"))
    page.locator("#id_additional_routes-0-name").fill("Extra")
    page.locator("#id_additional_routes-0-route_key").fill("extra")
    page.locator("#id_additional_routes-0-integration_url").fill("http://127.0.0.1:9/x")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()

    page.goto(address(page, "apigatewayadditionalroute", "add/"))
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("cha")

    expect(page.get_by_role("option", name="Chat")).to_be_visible()
    assert pending.additional_routes.get().route_key == "extra"


def test_a_channel_is_typed_into_the_filter(log_in: LogIn, filled) -> None:
    page = log_in("viewer")
    page.goto(address(page, "websocketsession"))
    page.locator("#searchbar").fill("L0SM9c")
    page.locator("#searchbar").press("Enter")

    field = page.get_by_role("textbox", name="Channel name")
    field.fill("channel-39")
    field.press("Enter")

    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    expect(page.locator("#changelist-filter li.selected")).to_contain_text(["All", "channel-39"])
    expect(page.locator("#searchbar")).to_have_value("L0SM9c")


def test_a_rule_is_put_together_in_the_picker(log_in: LogIn, filled) -> None:
    page = log_in("root")
    page.goto(address(page, "channelpermission"))
    page.locator("#result_list tbody a").first.click()

    # The pickers are made once all of the page is there, and a row that is added sooner gets none.
    expect(page.locator("#id_rules-0-permissions_from")).to_be_visible()
    page.get_by_text("Add another Channel permission rule").click()
    page.locator("#id_rules-2-permissions_from option").first.dblclick()
    expect(page.locator("#id_rules-2-permissions_to option")).to_have_count(1)
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".messagelist .success")).to_be_visible()
    assert ChannelPermission.objects.get().rules.count() == 3


def test_a_session_is_deleted_after_a_confirmation(log_in: LogIn, filled) -> None:
    page = log_in("root")
    page.goto(address(page, "websocketsession"))

    page.locator("#result_list tbody .action-select").first.check()
    page.get_by_label("Action:").select_option("delete_selected")
    page.locator("button[name=index]").click()
    expect(page.get_by_text("Are you sure")).to_be_visible()
    assert WebSocketSession.objects.count() == 120
    page.get_by_role("button", name="Yes, I").click()

    expect(page.locator(".messagelist .success")).to_contain_text("Successfully deleted 1")
    assert WebSocketSession.objects.count() == 119


def test_the_address_of_an_api_is_copied(log_in: LogIn, pending: ApiGateway) -> None:
    pending.create_gateway()
    page = log_in("root", permissions=["clipboard-read", "clipboard-write"])
    page.goto(address(page, "apigateway", f"{pending.pk}/change/"))

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == pending.websocket_url()


def test_the_add_form_shows_two_fields_and_folds_the_others_away(log_in: LogIn, people) -> None:
    page = log_in("root")
    page.goto(address(page, "apigateway", "add/"))
    shown = page.locator("#content-main :is(input[type=text], input[type=url], textarea):visible")
    expect(shown).to_have_count(2)

    page.get_by_text("Custom domain", exact=True).click()

    expect(page.get_by_label("Certificate ARN")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_message_is_typed_for_the_selected_connections(log_in: LogIn, filled, width: int) -> None:
    page = log_in("root", viewport={"width": width, "height": 900})
    page.goto(address(page, "websocketsession"))
    page.locator("#result_list tbody .action-select").first.check()
    page.get_by_label("Action:").select_option("send_message")
    page.locator("button[name=index]").click()
    expect(page.get_by_text("1 selected, 1 of them open.")).to_be_visible()
    assert not page.evaluate(SPILLS)

    page.get_by_label("Message:").fill("{broken")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("This is not JSON")).to_be_visible()
    page.get_by_label("Send it as a text, not as JSON").check()
    page.get_by_role("button", name="Send").click()

    # The connections of these rows were never opened in the gateway.
    expect(page.locator(".messagelist")).to_contain_text("Sent to nobody.")
