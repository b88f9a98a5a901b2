from django_aws_api_gateway_websockets.models import ApiGateway, ApiGatewayAdditionalRoute

gateway = ApiGateway.objects.get(api_name="Shop")
ApiGatewayAdditionalRoute.objects.create(
    api_gateway=gateway,
    name="Orders",
    route_key="order",
    integration_url="https://www.example.com/orders/",
)
