from django_aws_api_gateway_websockets.models import ApiGateway

gateway = ApiGateway.objects.create(
    api_name="Chat",
    target_base_endpoint="https://www.example.com/ws/",
    domain_name="ws.example.com",
    certificate_arn=(
        "arn:aws:acm:eu-west-1:123456789012:certificate/11112222-3333-4444-5555-666677778888"
    ),
)
print(f"--pk {gateway.pk}")
