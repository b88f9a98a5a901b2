from django_aws_api_gateway_websockets.models import ApiGateway

gateway = ApiGateway.objects.create(
    api_name="Rooms",
    target_base_endpoint="https://www.example.com/ws/room/",
    has_route_responses=True,
)
print(f"python manage.py createApiGateway --pk {gateway.pk}")
