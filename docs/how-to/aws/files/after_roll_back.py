from django_aws_api_gateway_websockets.models import ApiGateway

for gateway in ApiGateway.objects.filter(api_name="Chat"):
    print("\n".join(gateway.sync_from_aws()) or "Nothing has changed.")
