from django.contrib.auth import get_user_model
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from playwright.sync_api import expect, sync_playwright

from django_aws_api_gateway_websockets.testing import LiveGateway


class PageTests(StaticLiveServerTestCase):
    def test_a_page_shows_what_is_said(self):
        self.client.force_login(get_user_model().objects.create_user("ada"))
        session = self.client.cookies["sessionid"].value
        cookie = {"name": "sessionid", "value": session, "url": self.live_server_url}

        with LiveGateway(self.live_server_url), sync_playwright() as playwright:
            browser = playwright.chromium.launch()
            context = browser.new_context()
            context.add_cookies([cookie])
            page = context.new_page()
            page.goto(f"{self.live_server_url}/room/7/")
            page.locator("input[name=text]").fill("Hello")
            page.get_by_role("button", name="Say").click()

            expect(page.get_by_text("ada: Hello")).to_be_visible()
            browser.close()
