"""The live page in a browser."""

import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect

from tests.gateway.aws import control_plane, deploy_api
from tests.gateway.backend import WAIT
from tests.gateway.processes import gateway_process

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
SHOWN_IN_MS = 10_000


@pytest.fixture
def page(browser):
    context = browser.new_context()
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


def open_socket(api):
    return connect(f"{api.url}?ws_token=SECRET&name=<b>bold</b>", user_agent_header=HOSTILE)


def test_the_page_shows_traffic_as_text_while_it_happens(page):
    with gateway_process("--quiet") as gateway:
        api = deploy_api(control_plane(gateway.url), "http://127.0.0.1:9", routes=("$default",))
        page.goto(f"{gateway.url}/_gateway/")
        expect(page.get_by_text(f"{api.api_id}/test")).to_be_visible(timeout=SHOWN_IN_MS)
        expect(page.get_by_text("Nobody is connected.")).to_be_visible()

        with open_socket(api) as socket:
            socket.send(HOSTILE)
            socket.recv(timeout=WAIT)
            traffic = page.locator("#traffic")
            expect(traffic.get_by_text(HOSTILE)).to_be_visible(timeout=SHOWN_IN_MS)
            expect(traffic.get_by_text("Internal server error").first).to_be_visible()
            expect(traffic.get_by_text("ws_token=[redacted]")).to_be_visible()
            expect(page.locator("#connections li")).to_have_count(1)
        expect(page.locator("#connections li")).to_have_count(0, timeout=SHOWN_IN_MS)

        assert page.title() == "Gateway"
        assert "SECRET" not in page.content()
        assert page.locator("#traffic img, #traffic script, #traffic b").count() == 0


def test_the_weather_is_set_and_turned_off_on_the_page(page):
    with gateway_process("--quiet") as gateway:
        page.goto(f"{gateway.url}/_gateway/")
        page.select_option("#weather-name", "post-429")
        page.fill("#weather-value", "lots")
        page.click("#weather-form button")
        expect(page.locator("#weather-problem")).to_contain_text("give a share")
        page.fill("#weather-value", "20%")
        page.click("#weather-form button")
        expect(page.get_by_text("post-429=20%")).to_be_visible()
        page.get_by_label("Turn post-429 off").click()
        expect(page.get_by_text("Fair.")).to_be_visible()


def test_an_operator_signs_in_and_stays_so(page):
    with gateway_process("--quiet", "--behind-proxy") as gateway:
        printed = gateway.process.stdout.readline().decode().removeprefix("Live page: ").strip()
        address, _, token = printed.partition("#")
        page.goto(address)
        page.fill("#token", "wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("This is not the token.")).to_be_visible(timeout=SHOWN_IN_MS)
        expect(page.locator("#board")).to_be_hidden()

        page.goto("about:blank")
        page.goto(printed)
        expect(page.locator("#status")).to_have_text("live", timeout=SHOWN_IN_MS)
        assert token not in page.url
        page.reload()
        expect(page.locator("#status")).to_have_text("live", timeout=SHOWN_IN_MS)
        (cookie,) = page.context.cookies()

    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert cookie["path"] == "/_gateway"
    assert token not in cookie["value"]
