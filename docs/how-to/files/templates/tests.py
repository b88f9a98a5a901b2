import re

from django.contrib.auth import get_user_model
from django.template import engines
from django.test import TestCase

from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute


class PageTests(TestCase):
    def setUp(self):
        self.client.force_login(get_user_model().objects.create_user("ada"))

    def make_route(self, key="orders"):
        gateway = ApiGateway.objects.create(
            api_name="Shop",
            target_base_endpoint="https://www.example.com/ws/",
            api_id="a1b2c3d4e5",
            api_endpoint="wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
            domain_name="ws.example.com",
            custom_domain_created=True,
        )
        route = ApiGatewayAdditionalRoute(
            api_gateway=gateway,
            name="Orders",
            route_key=key,
            integration_url="https://www.example.com/orders/",
            deployed=True,
        )
        route.save(push_to_aws=False)

    def test_a_tag_writes_the_options_of_the_client(self):
        self.make_route()

        page = self.client.get("/orders/").content.decode()

        self.assertIn('"url": "wss://ws.example.com"', page)
        self.assertIn('"channels": {"orders": null}', page)

    def test_a_mixin_names_address_and_channel(self):
        self.make_route()

        page = self.client.get("/orders/mixin/").content.decode()

        self.assertIn('data-url="wss://ws.example.com"', page)
        self.assertIn('data-token-url="/token/"', page)
        self.assertIn('type="application/json">"orders"<', page)

    def test_a_mixin_takes_both_from_the_app(self):
        self.make_route("chat")

        response = self.client.get("/orders/app/")

        self.assertEqual(response.context["api_gateway_route"].route_key, "chat")
        self.assertEqual(response.context["channel_name"], "chat")

    def test_a_page_lives_without_an_api(self):
        page = self.client.get("/orders/mixin/").content.decode()

        self.assertIn("no live updates", page)

    def test_a_name_cannot_break_out_of_a_script(self):
        hostile = {"channel_name": '"; alert("</script>'}
        template = engines["django"].from_string('{{ channel_name|json_script:"channel" }}')

        self.assertEqual(len(re.findall("</script>", template.render(hostile))), 1)
