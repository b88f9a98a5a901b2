from typing import Any

from ..aws import clients


def client_for(service: str = "apigatewayv2", **kwargs: Any) -> Any:
    """The boto3 client of this service, fetched through `models.get_boto3_client` on every call.

    That attribute is documented as the place where projects put a double in their tests, and a
    double gets every argument. Our own is not told how a broadcast would configure boto3: the
    engine has deadlines and connections of its own, and each size of audience would add a client.
    """
    from django_aws_api_gateway_websockets import models

    if models.get_boto3_client is clients.get_boto3_client:
        kwargs.pop("config", None)
    return models.get_boto3_client(service, **kwargs)
