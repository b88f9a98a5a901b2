from django_aws_api_gateway_websockets.models import integration_request_parameters

for name, value in integration_request_parameters().items():
    print(name, "=", value)
