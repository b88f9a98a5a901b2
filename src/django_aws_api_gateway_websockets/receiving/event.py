"""An event of a connection as API Gateway posts it: its headers, its address and its body."""

import ipaddress
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from ..aws.integration_headers import get_source_ip_headers
from ..conf import uses_local_gateway
from ..core.authority import read_authority
from ..models.login import Login

__all__ = [
    "LIFECYCLE",
    "TOKEN_PARAMETER",
    "UNKNOWN_ADDRESS",
    "Body",
    "ClientAddress",
    "Event",
    "find_missing_headers",
    "is_channel_name",
    "read_address",
    "read_body",
    "user_of",
]

UNKNOWN_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - a placeholder in the database, nothing binds to it.

LIFECYCLE: Final = frozenset({"connect", "disconnect"})
"""Events besides messages, which a project need not write anything for; a client gets no reply."""

TOKEN_PARAMETER: Final = "ws_token"  # noqa: S105 - a name, no secret.
"""Name of the token in the query string of a connect."""

_API_ID_HEADER: Final = "X-Amzn-Apigateway-Api-Id"
_CONNECTION_ID_HEADER: Final = "Connectionid"

# Every form of connection id seen from AWS; their length has changed before.
_CONNECTION_ID: Final = re.compile(r"[A-Za-z0-9_=-]{1,128}")

_LONGEST_CHANNEL_NAME: Final = 128

_DEEPEST: Final = 100
"""Levels of lists and objects in a message; Python itself ends at a thousand calls."""

_LONGEST_NUMBER: Final = 20
"""Digits of a number that is read of a message which has one of too many."""

# PostgreSQL takes no NUL, and half a surrogate pair cannot be encoded.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

# A reverse proxy in front of Django adds this one; on one's own machine there is none.
_PROXY_HEADERS: Final = frozenset({"x-real-ip"})

# Django's test client and some servers leave this out when there is no body.
_ABSENT_WITHOUT_BODY: Final = frozenset({"content-length"})


@dataclass(frozen=True, slots=True)
class Body:
    """The message of a request."""

    values: dict[str, Any]
    """The JSON object that was sent; empty when there was none."""
    problem: str = ""
    """The reason why it is empty, for the debug log; "" when nothing is wrong."""
    remnant: dict[str, Any] = field(default_factory=dict)
    """The id of a message that counts as empty for its depth or for a number."""


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """The address a client connects from."""

    text: str
    """An IP address; `UNKNOWN_ADDRESS` where none is known."""
    problem: str = ""
    """The reason why it is not known, for the debug log; "" when it is."""


class Event:
    """One event of a connection, with what its headers say.

    Args:
        request: as API Gateway posts it.
        body: what was read of it.
    """

    def __init__(self, request: HttpRequest, body: Body | None = None) -> None:
        self.request = request
        self.body = body or Body({})
        self.api_id = request.headers.get(_API_ID_HEADER, "")
        self.connection_id = request.headers.get(_CONNECTION_ID_HEADER, "")
        self.has_ended_login = False

    @cached_property
    def address(self) -> ClientAddress:
        """The address of the client."""
        return read_address(self.request)

    @property
    def user(self) -> Any | None:
        """The authenticated user of the request, or None; a token and a project may change it."""
        return user_of(self.request)

    @property
    def login(self) -> Login:
        """The login of the Django session that came along, unless it has ended meanwhile."""
        if self.has_ended_login:
            return Login.of(None)
        return Login.of(getattr(self.request, "session", None))

    @property
    def has_connection_id(self) -> bool:
        """True when the connection id has a form that AWS gives."""
        return _CONNECTION_ID.fullmatch(self.connection_id) is not None

    @property
    def channel(self) -> str:
        """The channel the client asks for; "" when it names none."""
        return self.request.GET.get("channel") or ""

    @property
    def token(self) -> str:
        """The one-time token the client shows; "" when it shows none."""
        return self.request.GET.get(TOKEN_PARAMETER, "")


def read_body(request: HttpRequest, max_bytes: int) -> Body:
    """Read the JSON object in the request's body; anything else reads as empty, with the problem.

    Args:
        request: as API Gateway posts it.
        max_bytes: larger bodies are not parsed.
    """
    try:
        raw = request.body
    except (UnreadablePostError, RawPostDataException, OSError):
        return Body({}, "Request body could not be read")
    if not raw:
        return Body({})
    if len(raw) > max_bytes:
        return Body({}, "Request body too large")
    return _parse(raw)


def _parse(raw: bytes) -> Body:
    try:
        values = json.loads(raw)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        # RecursionError is what deep nesting ends in.
        return Body({}, "Body is invalid JSON")
    except ValueError:
        return Body({}, "Body has a number of too many digits", _read_remnant(raw))
    if _is_too_deep(raw, values):
        return Body({}, f"Body is nested more than {_DEEPEST} levels deep", _remnant_of(values))
    return Body(values) if isinstance(values, dict) else Body({}, "Body is not a JSON object")


def _read_remnant(raw: bytes) -> dict[str, Any]:
    """Read the id of a message that has a number Python does not read."""
    try:
        return _remnant_of(json.loads(raw, parse_int=_read_short_number))
    except (ValueError, RecursionError):
        return {}


def _read_short_number(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None


def _remnant_of(values: Any) -> dict[str, Any]:
    return {"id": values["id"]} if isinstance(values, dict) and "id" in values else {}


def _is_too_deep(raw: bytes, values: Any) -> bool:
    """Tell whether a project's code may fail on the depth of a message, as by logging it."""
    # Hardly any message has so many brackets at all.
    if raw.count(b"[") + raw.count(b"{") <= _DEEPEST:
        return False
    level = [values]
    for _ in range(_DEEPEST):
        level = [
            member
            for one in level
            for member in (one.values() if isinstance(one, dict) else one)
            if isinstance(member, dict | list)
        ]
        if not level:
            return False
    return True


def read_address(request: HttpRequest) -> ClientAddress:
    """Read the address of the client.

    API Gateway states it in a header of ours. APIs created before that header was mapped only have
    `X-Forwarded-For`, whose first entry is the client's own word: update their integrations.
    """
    headers = request.headers
    mapped = (headers[name] for name in get_source_ip_headers() if name in headers)
    forwarded = headers.get("X-Forwarded-For", "").split(",")[0]
    stated = next(mapped, forwarded).strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(_without_port(stated))
    except ValueError:
        address = None
    # A scope, as in fe80::1%eth0, is a name of any length within one network: nobody's address.
    if address is None or "%" in stated:
        return ClientAddress(UNKNOWN_ADDRESS, f"Invalid IP address: {stated[:50]}")
    return ClientAddress(str(address))


def find_missing_headers(request: HttpRequest, names: Iterable[str]) -> list[str]:
    """Return those of `names` the request lacks, as they were given. Only presence counts."""
    excused = set(_ABSENT_WITHOUT_BODY) if not request.body else set()
    if uses_local_gateway():
        excused |= _PROXY_HEADERS
    return [name for name in names if name not in request.headers and name.lower() not in excused]


def is_channel_name(value: Any, pattern: re.Pattern[str], max_length: int) -> bool:
    """Tell whether `value` is text that matches the whole pattern and fits into the database."""
    return (
        isinstance(value, str)
        # Projects of older releases may allow more than the column has held since.
        and len(value) <= min(max_length, _LONGEST_CHANNEL_NAME)
        and not _UNSTORABLE.search(value)
        # A pattern ending in `$` also matches before a final newline; fullmatch does not.
        and pattern.fullmatch(value) is not None
    )


def user_of(request: HttpRequest) -> Any | None:
    """Return the authenticated user Django found for the request, or None."""
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def _without_port(address: str) -> str:
    """Return `203.0.113.7` of `203.0.113.7:4711`, as some load balancers write it; IPv6, too."""
    authority = read_authority(address)
    # An IPv6 address without brackets is none, and has no port.
    return address if authority is None else authority.host
