"""A context processor that tells templates about the socket."""

from django.conf import settings
from django.http import HttpRequest

from django_aws_api_gateway_websockets.models import ApiGateway


def socket_url(request: HttpRequest) -> dict[str, object]:
    """Give templates the address of the WebSocket API; it is looked up where one asks for it."""

    def find() -> str:
        gateway = ApiGateway.objects.order_by("pk").first()
        return gateway.websocket_url(request) if gateway else ""

    return {"socket_url": find, "csrf_cookie_name": settings.CSRF_COOKIE_NAME}
