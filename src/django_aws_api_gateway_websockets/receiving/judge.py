"""The verdict on an event: refused by one of the view's hooks, or handled by one of its methods.

The order of the questions is documented. Nothing here writes to the database.
"""

from dataclasses import dataclass
from typing import TypeAlias

from django.contrib.auth.models import AnonymousUser

from ..models import WebSocketSession
from .channel_rules import explain_missing_permission, has_permissions
from .event import Event, find_missing_headers
from .handlers import choose_handler, find_unknown_handler
from .hooks import Hooks
from .invoke import set_user
from .lookup import Known
from .origin import has_accepted_secret
from .refusals import Refusal, quote

__all__ = [
    "Handle",
    "Refuse",
    "Verdict",
    "allowed_handlers",
    "is_for_a_handler",
    "judge",
    "judge_sender",
    "refuse_unknown_connection",
    "selection_keys",
]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The event goes no further."""

    hook: str
    """Name of the view's method that makes the response."""
    refusal: Refusal | None = None
    """Reason for the log; None where the hook, or nobody, logs it."""
    note: str = ""
    """Line for the view's debug log."""
    ended_session: WebSocketSession | None = None
    """Session whose login has ended, and which is to be closed for it."""


@dataclass(frozen=True, slots=True)
class Handle:
    """A method of the view takes the event."""

    method: str
    """Name of the method."""
    unknown: str = ""
    """Name of a handler nobody has, in a message that goes to `default` for it."""


Verdict: TypeAlias = Refuse | Handle


def judge_sender(view: Hooks, event: Event) -> Refuse | None:
    """Refuse what does not come from an API Gateway of ours; None while that may still be so."""
    if not has_accepted_secret(event.request):
        return Refuse("invalid_gateway_secret")
    required = [*view.required_headers, *view.additional_required_headers]
    # Rows that are not provisioned yet have an empty id: an empty header must not match them.
    if find_missing_headers(event.request, required) or not event.api_id:
        return Refuse("missing_headers")
    if view.aws_api_gateway_id is not None and event.api_id != view.aws_api_gateway_id:
        return Refuse("missing_headers")
    return None


def judge(view: Hooks, event: Event, known: Known, route: str | None) -> Verdict:
    """Decide about an event of an API of ours whose rows have been looked up.

    Args:
        view: has the hooks.
        event: a connect, a message or a disconnect.
        known: its rows.
        route: tells which of the three it is.
    """
    if not _allows_method(view, event):
        return Refuse("http_method_not_allowed")
    if route == "disconnect":
        return Handle("disconnect")
    if route != "connect":
        return _judge_message(view, event, known)
    if view.CHECK_CONNECT_USERAGENT and not _has_useragent_of_gateway(view, event):
        return Refuse("invalid_useragent")
    return Handle("connect")


def refuse_unknown_connection(
    event: Event, *, ended_session: WebSocketSession | None = None
) -> Refuse:
    """Refuse an event of a connection nobody knows, or of one whose login has ended."""
    why = "it is closed or unknown here, or its login has ended"
    return Refuse(
        "session_not_found",
        Refusal("Invalid connection ID", why),
        note=f"Session not found: {event.connection_id}",
        ended_session=ended_session,
    )


def is_for_a_handler(view: Hooks, event: Event) -> bool:
    """Tell whether a message will get to a handler, unless its connection is refused."""
    return _allows_method(view, event) and _names_handler(view)


def selection_keys(view: Hooks) -> tuple[str, str]:
    """Return the members of a message that may name its handler, in order of precedence."""
    return view.handler_selection_key, view.route_selection_key


def allowed_handlers(view: Hooks) -> frozenset[str]:
    """Name the methods of the view that clients may call."""
    if view.ALLOWED_HANDLERS:
        return frozenset(view.ALLOWED_HANDLERS)
    # What `as_view(...)` was given counts, too.
    return view.automatic_handlers() | frozenset(view.ADDITIONAL_ALLOWED_HANDLERS)


def _judge_message(view: Hooks, event: Event, known: Known) -> Verdict:
    keys = selection_keys(view)
    if not _names_handler(view):
        why = event.body_problem or f"neither {quote(keys[0])} nor {quote(keys[1])} is in it"
        return Refuse("handler_selection_key_missing", Refusal("", why))
    session = known.session
    if session is None or not session.has_valid_login():
        return refuse_unknown_connection(event, ended_session=session)
    # Whatever cookie came along, the message belongs to whoever opened the connection.
    set_user(event.request, session.user or AnonymousUser())
    if not has_permissions(view, event.request):
        return Refuse("permission_denied", explain_missing_permission(view))
    allowed = allowed_handlers(view)
    unknown = find_unknown_handler(view.body, keys, allowed)
    return Handle(choose_handler(view.body, keys, allowed), unknown)


def _allows_method(view: Hooks, event: Event) -> bool:
    return (event.request.method or "").lower() in view.http_method_names


def _names_handler(view: Hooks) -> bool:
    return any(key in view.body for key in selection_keys(view))


def _has_useragent_of_gateway(view: Hooks, event: Event) -> bool:
    api_id = view.aws_api_gateway_id or event.api_id
    expected = f"{view.expected_useragent_prefix}{api_id}"
    return event.request.headers.get("User-Agent") == expected
