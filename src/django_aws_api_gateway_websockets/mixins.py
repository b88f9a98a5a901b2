"""Mixins that put what a page needs to open its socket into the context of its template."""

from typing import Any

from django.http import HttpRequest
from django.urls import resolve
from django.utils.functional import lazy

from .models import ApiGatewayAdditionalRoute
from .receiving.page_options import find_page_api, find_websocket_url

__all__ = ["AddWebSocketRouteToContextMixin", "AppChannelWebSocketMixin"]


class AddWebSocketRouteToContextMixin:
    """A view with `api_gateway_route` and `channel_name` in its context; stands first in the bases.

    `api_gateway_route` is the `ApiGatewayAdditionalRoute` with the key `websocket_route_key`: the
    oldest one if several gateways have it, None if none has. Its gateway is read in the same query.
    `websocket_url` is the address of that gateway, here and on AWS; without a route, that of the
    only API there is.
    """

    websocket_route_key = "default"
    channel_name = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the parent's context with the values in it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc] # the view that is mixed in has it.
        context["api_gateway_route"] = (
            ApiGatewayAdditionalRoute.objects.select_related("api_gateway")
            .filter(route_key=self.websocket_route_key)
            .order_by("pk")
            .first()
        )
        context["channel_name"] = self.channel_name
        # A page of before may have a value of that name, and need no address.
        context.setdefault("websocket_url", lazy(self._websocket_url, str)(context))
        return context

    def _websocket_url(self, context: dict[str, Any]) -> str:
        route = context["api_gateway_route"]
        api = find_page_api(route and route.api_gateway)
        return find_websocket_url(api, getattr(self, "request", None))


class AppChannelWebSocketMixin(AddWebSocketRouteToContextMixin):
    """A view that takes route key and channel from its Django app.

    An app inside of another, `shop.chat`, has the channel `shop-chat`. `app_channel_override` names
    another channel; the route stays the app's.
    """

    app_channel_override: str | None = None
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the parent's context, with the app's route and channel."""
        self.websocket_route_key = self._app_name()
        # The names of channels have no dots, and "shop.chat" is an app inside of another.
        own_channel = self.websocket_route_key.replace(".", "-")
        self.channel_name = self.app_channel_override or own_channel
        return super().get_context_data(**kwargs)

    def _app_name(self) -> str:
        """Return the package of the view that serves this page: `blog` for `blog/views.py`."""
        view = resolve(self.request.path_info).func
        module = str(getattr(view, "view_class", view).__module__)
        package, _, name = module.rpartition(".")
        # In `blog/views/index.py` the views are a package of their own inside the app.
        parent, _, last = package.rpartition(".")
        return parent if last == "views" and parent else (package or name)
