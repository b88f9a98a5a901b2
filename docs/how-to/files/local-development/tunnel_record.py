from django_aws_api_gateway_websockets.models import ApiGateway

gateway, _ = ApiGateway.objects.update_or_create(
    api_name="Chat of Ada",
    defaults={"target_base_endpoint": "https://ada.dev.example.com/ws/"},
)
gateway.create_gateway()
print(gateway.websocket_url())
