from django.contrib.auth import get_user_model
from django.test import TestCase

from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute
from django_aws_api_gateway_websockets.testing import WebSocketClient


class RouteTests(TestCase):
    def test_each_action_goes_to_its_view(self):
        gateway = ApiGateway.objects.create(
            api_name="Shop", target_base_endpoint="https://www.example.com/ws/", api_id="a1b2c3d4e5"
        )
        route = ApiGatewayAdditionalRoute(
            api_gateway=gateway,
            name="Orders",
            route_key="order",
            integration_url="https://www.example.com/orders/",
        )
        route.save(push_to_aws=False)
        ada = WebSocketClient("/ws/", user=get_user_model().objects.create_user("ada"))

        ada.send({"action": "say", "text": "Hello"})
        ada.send({"action": "order", "handler": "place_order", "what": "tea"})

        self.assertEqual(ada.received, [{"said": "Hello"}, {"ordered": "tea"}])
