"""`{% load websockets %}`: the address of the project's API, and the options of the browser client.

Both tags take `api`, a record or its name. Without it they take the API of the route that a mixin
has put into the context, or else the only one there is.
"""

import json
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from django import template
from django.template import Context, TemplateSyntaxError
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ..channels.membership import check_form
from ..models import ApiGateway
from ..receiving.page_options import find_page_api, find_websocket_url, make_page_options

__all__ = ["register", "websocket_client", "websocket_url"]

register = template.Library()

_ESCAPES: Final = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}
"""Characters that would end the element, or begin another; as in Django's `json_script`."""


@register.simple_tag(takes_context=True)
def websocket_url(
    context: Context, channel: object = None, api: ApiGateway | str | None = None
) -> str:
    """Return the address of the API, `ws://` or `wss://`, for a page that connects by itself.

    Args:
        context: of the template.
        channel: the default channel of the connection; None names none.
        api: a record or its name.
    """
    url = find_websocket_url(_api_of(context, api), context.get("request"))
    names = _names_of([channel], tag="websocket_url")
    return f"{url}?channel={quote(names[0], safe='')}" if url and names else url


@register.simple_tag(takes_context=True)
def websocket_client(
    context: Context,
    *names: object,
    channels: object = None,
    api: ApiGateway | str | None = None,
    token_url: str | None = None,
) -> SafeString:
    """Write the element that the browser client reads its options from.

    Args:
        context: of the template.
        names: channels to be in from the start, by name or as channels.
        channels: one more, or a list of them.
        api: a record or its name.
        token_url: where tokens are, for a token view of the project's own.
    """
    request = context.get("request")
    options = make_page_options(_api_of(context, api), request, token_url=token_url or None)
    wanted = _names_of([*names, channels], tag="websocket_client")
    options["channels"] = dict.fromkeys(wanted)
    # Nothing in it can end the element.
    text = mark_safe(json.dumps(options).translate(_ESCAPES))  # noqa: S308
    nonce = _nonce_of(context)
    return format_html(
        '<script type="application/json" id="websocket-client"{}>{}</script>',
        format_html(' nonce="{}"', nonce) if nonce else "",
        text,
    )


def _api_of(context: Context, api: ApiGateway | str | None) -> ApiGateway | None:
    route = context.get("api_gateway_route")
    return find_page_api(api or getattr(route, "api_gateway", None))


def _names_of(wanted: Iterable[object], *, tag: str) -> list[str]:
    """Return the names among the arguments of a tag; None names none, so that a page may have none.

    Raises:
        TemplateSyntaxError: one can be no channel, such as that of a variable that is missing.
    """
    names: list[str] = []
    for one in wanted:
        if isinstance(one, Iterable) and not isinstance(one, str):
            names += _names_of(one, tag=tag)
        elif one is not None:
            name = str(one)
            try:
                check_form(name)
            except ValueError as error:
                raise TemplateSyntaxError(f"{{% {tag} %}}: {error}") from error
            names.append(name)
    return names


def _nonce_of(context: Context) -> str:
    # A nonce that nobody has asked for yet is false, and yet there: it is made by being read.
    nonce: Any = context.get("csp_nonce")
    if nonce is None:
        nonce = getattr(context.get("request"), "csp_nonce", None)
    return "" if nonce is None else str(nonce)
