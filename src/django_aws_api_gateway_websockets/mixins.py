"""What a page needs to know to open its socket, put into the context of its template."""

from typing import Any

from django.http import HttpRequest
from django.urls import resolve

from .models import ApiGatewayAdditionalRoute

__all__ = ["AddWebSocketRouteToContextMixin", "AppChannelWebSocketMixin"]


class AddWebSocketRouteToContextMixin:
    """Adds `api_gateway_route` and `channel_name` to the context; stands first among the bases.

    `api_gateway_route` is the `ApiGatewayAdditionalRoute` of `websocket_route_key`, of the gateway
    created first where several have it, and None where none has. Its gateway comes along in the
    same query.
    """

    websocket_route_key = "default"
    channel_name = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parent's context with the two values in it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        context["api_gateway_route"] = (
            ApiGatewayAdditionalRoute.objects.select_related("api_gateway")
            .filter(route_key=self.websocket_route_key)
            .order_by("pk")
            .first()
        )
        context["channel_name"] = self.channel_name
        return context


class AppChannelWebSocketMixin(AddWebSocketRouteToContextMixin):
    """Takes route key and channel from the Django app of the view.

    An app inside of another, `shop.chat`, has the channel `shop-chat`. `app_channel_override` names
    another channel; the route stays the app's.
    """

    app_channel_override: str | None = None
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parent's context, for the app's route and channel."""
        self.websocket_route_key = self._app_name()
        # The names of channels have no dots, and "shop.chat" is an app inside of another.
        own_channel = self.websocket_route_key.replace(".", "-")
        self.channel_name = self.app_channel_override or own_channel
        return super().get_context_data(**kwargs)

    def _app_name(self) -> str:
        """The package of the view that serves this page: `blog` for `blog/views.py`."""
        view = resolve(self.request.path_info).func
        module = str(getattr(view, "view_class", view).__module__)
        package, _, name = module.rpartition(".")
        # In `blog/views/index.py` the views are a package of their own inside the app.
        parent, _, last = package.rpartition(".")
        return parent if last == "views" and parent else (package or name)
