"""A probe that travels: a signed request of `manage.py doctor`, and the view's report on it.

It comes through API Gateway and every proxy before Django, as a connect does, and so the report
says what has become of it on the way. Only those who have `SECRET_KEY` can sign one, and nothing is
counted or stored for it.
"""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Final

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from ..aws.integration_headers import GATEWAY_SECRET_HEADER, get_source_ip_headers
from ..conf import get_websockets_config
from ..core.wire_protocol import CLIENT_ACTIONS
from ..models import ApiGateway
from .connect import required_connection_headers
from .event import Event, find_missing_headers
from .hooks import Hooks, allowed_handlers, allows_method, selection_keys
from .origin import has_accepted_secret, is_allowed_host, is_origin_of_host
from .refusals import mark_logged, note_logged

__all__ = ["PROBE_HEADER", "ProbeReport", "SecretState", "read_probe", "respond_to_probe", "sign"]

PROBE_HEADER: Final = "X-Ws-Probe"
"""Header with the signed text."""

_KEY: Final = "HTTP_X_WS_PROBE"
_SALT: Final = "django_aws_api_gateway_websockets.probe"
_MAX_AGE_SECONDS: Final = 300
"""Seconds between two clocks that still count as right, as AWS has it for its signatures."""


class SecretState(StrEnum):
    """The gateway secret of a request, as the view sees it."""

    UNSET = "unset"
    """The settings have none."""
    ACCEPTED = "accepted"
    """It is one of the settings'."""
    MISSING = "missing"
    """The settings have one, and the request does not."""
    OTHER = "other"
    """The request has one, and it is none of the settings'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """The state in which a probe has reached a view; nothing in it is secret."""

    nonce: str
    """Text that the probe was signed with."""
    view: str = ""
    """Name of the view's class."""
    route: str = ""
    """Route the URL tells the view."""
    wants_token: bool = True
    """True when a connect needs a one-time token."""
    demands_login: bool = True
    """True when only users who are logged in may connect."""
    selection_key: str = ""
    """Member of a message that names its handler."""
    own_words: list[str] = field(default_factory=list)
    """Actions of the wire protocol for which the view has handlers of its own."""
    missing: list[str] = field(default_factory=list)
    """Required headers that the request lacks."""
    secret: str = SecretState.UNSET
    """A `SecretState`."""
    takes_method: bool = True
    """False for an HTTP method that the view refuses."""
    has_connection_id: bool = True
    """True when the connection id has a form that AWS gives."""
    has_mapped_address: bool = True
    """True when API Gateway states the client's address in the header that is ours."""
    knows_api: bool = True
    """True when a record of this Django has the API's id, or the view is pinned to it."""
    has_user: bool = False
    """True when the request has the cookie of a user who is logged in."""
    address: str = ""
    """Address of the client, under which attempts are stored."""
    host: str = ""
    """Host that Django was called by."""
    is_allowed_host: bool = True
    """True when `ALLOWED_HOSTS` has it."""
    is_origin_of_host: bool = True
    """True when the page of the Origin belongs to that host."""

    @classmethod
    def read(cls, body: bytes | str) -> "ProbeReport | None":
        """Read the report in the body of a response; None where the body is none."""
        try:
            values = json.loads(body)
            return cls(**values["ws_probe"])
        except (ValueError, TypeError, LookupError, RecursionError):
            return None


def sign(nonce: str) -> str:
    """Return the value of the header for a probe."""
    return TimestampSigner(salt=_SALT).sign(nonce)


def read_probe(request: HttpRequest) -> str:
    """Return the text that a probe was signed with; "" for a request that is none of ours."""
    shown = request.META.get(_KEY)
    if not shown:
        return ""
    try:
        return TimestampSigner(salt=_SALT).unsign(shown, max_age=_MAX_AGE_SECONDS)
    except BadSignature:
        return ""


def respond_to_probe(
    view: Hooks, base: type, event: Event, nonce: str, route: str | None
) -> HttpResponseBase:
    """Respond with a report. The status opens no socket, and its body gets to the client.

    Args:
        view: the view that was reached.
        base: the view class of this package, to see which of its methods the project has
            overridden.
        event: the request.
        nonce: the text the probe was signed with.
        route: the event, as the URL tells the view; None where it does not.
    """
    report = _make_report(view, base, event, nonce, route or "")
    response: HttpResponse = JsonResponse({"ws_probe": asdict(report)}, status=400)
    note_logged(event.request, "It is a probe of manage.py doctor, and opens nothing")
    return mark_logged(event.request, response)


def _make_report(view: Hooks, base: type, event: Event, nonce: str, route: str) -> ProbeReport:
    request = event.request
    required = [*view.required_headers, *view.additional_required_headers]
    if route == "connect":
        required += required_connection_headers(view, base)
    return ProbeReport(
        nonce=nonce,
        view=type(view).__name__,
        route=route,
        wants_token=bool(view.USE_WS_TOKEN),
        demands_login=bool(view.USE_WS_TOKEN or view.CHECK_PERMISSIONS_ON_CONNECT),
        selection_key=next(filter(None, selection_keys(view)), ""),
        own_words=sorted(allowed_handlers(view).intersection(CLIENT_ACTIONS)),
        missing=find_missing_headers(request, required),
        secret=_state_of_secret(request),
        takes_method=allows_method(view, request),
        has_connection_id=event.has_connection_id,
        has_mapped_address=any(name in request.headers for name in get_source_ip_headers()),
        knows_api=_knows_api(view, event.api_id),
        has_user=event.user is not None,
        address=event.address.text,
        host=request.META.get("HTTP_HOST", ""),
        is_allowed_host=is_allowed_host(request),
        is_origin_of_host=is_origin_of_host(request),
    )


def _state_of_secret(request: HttpRequest) -> SecretState:
    if not get_websockets_config().get("gateway_secret"):
        return SecretState.UNSET
    if has_accepted_secret(request):
        return SecretState.ACCEPTED
    return SecretState.OTHER if GATEWAY_SECRET_HEADER in request.headers else SecretState.MISSING


def _knows_api(view: Hooks, api_id: str) -> bool:
    if view.aws_api_gateway_id is not None:
        return bool(api_id == view.aws_api_gateway_id)
    return bool(api_id) and ApiGateway.objects.filter(api_id=api_id).exists()
