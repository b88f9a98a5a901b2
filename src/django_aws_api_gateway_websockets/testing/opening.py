"""The opening of a socket: token, handshake, and what Django says to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.http import HttpResponseBase
from django.test import Client

from ..core.events.event import Handshake
from ..core.events.identifiers import ApiId
from ..core.events.response import BackendResponse
from ..core.handshake import accepts, chosen_subprotocol
from ..gateway.connections.connected_client import ConnectedClient
from ..gateway.integrations.reasons import find_reason as find_reason_in_response
from ..receiving.event import TOKEN_PARAMETER
from ..receiving.refusals import find_reason
from .handshake import cookies_of, join_query, make_handshake
from .memory.addresses import find_address
from .memory.django_backend import body_of
from .memory.gateway import MemoryGateway
from .memory.served_api import BACKEND, ServedApi, serve
from .memory.sockets import Socket
from .tokens import fetch_token, is_logged_in

__all__ = ["Opened", "Opening"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The result of a connect."""

    response: Any
    """The response of Django, to the connect or to the wish for a token."""
    socket: Socket | None = None
    """The socket; None when it was not let in."""
    refused: str = ""
    """The reason why it was not."""
    subprotocol: str | None = None
    """The subprotocol that the view has chosen."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One attempt to connect.

    Args:
        browser: has the cookies.
        channel: default channel; None names none.
        headers: of the handshake, in addition to a browser's.
        source_ip: address that API Gateway sees.
        raises: raise in the test what a view raises.
    """

    browser: Client
    channel: str | None
    headers: Mapping[str, str | None]
    source_ip: str
    raises: bool

    def attempt(self, path_or_view: Any, gateway: MemoryGateway) -> Opened:
        """Connect, with a token where the view wants one and somebody is logged in.

        Args:
            path_or_view: the view, or the path up to its route.
            gateway: of the test.
        """
        api = serve(find_address(path_or_view))
        query = join_query(api.address.query, channel=self.channel)
        wants_token = api.wants_token and TOKEN_PARAMETER not in parse_qs(query)
        if wants_token and is_logged_in(self.browser):
            token = fetch_token(self.browser, api.id)
            if token.refused:
                return Opened(token.response, refused=token.refused)
            query = join_query(query, **{TOKEN_PARAMETER: token.text})
        cookies = cookies_of(self.browser)
        handshake = make_handshake(
            origin=BACKEND, query=query, cookies=cookies, headers=self.headers
        )
        socket = self._socket(api, gateway, handshake)
        return _read(gateway.connect(socket, handshake), socket)

    def _socket(self, api: ServedApi, gateway: MemoryGateway, handshake: Handshake) -> Socket:
        now = gateway.time.now()
        client = ConnectedClient(
            api_id=ApiId(api.id),
            stage=api.stage,
            domain_name=BACKEND.partition("://")[2],
            connection_id=gateway.ids.connection(),
            connected_at_ms=int(now.timestamp() * 1000),
            source_ip=self.source_ip,
            user_agent="".join(handshake.header_values("user-agent")[:1]) or None,
        )
        return Socket(client, api, opened_on=now, raises=self.raises)


def _read(response: HttpResponseBase, socket: Socket) -> Opened:
    headers = tuple(response.items())
    if accepts(response.status_code):
        return Opened(response, socket, subprotocol=chosen_subprotocol(headers))
    request: Any = response.wsgi_request  # type: ignore[attr-defined] # Django's handler for tests adds it.
    whole = BackendResponse(response.status_code, headers, body_of(response))
    told = find_reason(request) or find_reason_in_response(whole, uri=BACKEND).text
    return Opened(response, refused=told)
