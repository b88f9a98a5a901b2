from typing import Any


def client_for(service: str = "apigatewayv2", **kwargs: Any) -> Any:
    """The boto3 client of this service, fetched through `models.get_boto3_client` on every call.

    That attribute is documented as the place where projects put a double in their tests.
    """
    from django_aws_api_gateway_websockets import models

    return models.get_boto3_client(service, **kwargs)
