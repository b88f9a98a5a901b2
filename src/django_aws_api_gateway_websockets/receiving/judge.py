"""The judgement on an event of an API of ours, once its rows have been looked up.

The order of the questions is documented. Nothing here writes to the database.
"""

from django.contrib.auth.models import AnonymousUser

from ..models import WebSocketSession
from .channel_rules import explain_missing_permission, has_permissions
from .event import Event
from .frames import find_action, request_id_of
from .handlers import DEFAULT_HANDLER, choose_handler, find_unknown_handler
from .hooks import Hooks, allowed_handlers, allows_method, names_handler, selection_keys
from .invoke import set_user
from .lookup import Known
from .refusals import Refusal, quote
from .verdict import Handle, Refuse, Verdict, refuse_unknown_connection

__all__ = ["judge"]


def judge(view: Hooks, event: Event, known: Known, route: str | None) -> Verdict:
    """Decide about an event of an API of ours whose rows have been looked up.

    Args:
        view: has the hooks.
        event: a connect, a message or a disconnect.
        known: its rows.
        route: tells which of the three it is.
    """
    if not allows_method(view, event.request):
        return Refuse("http_method_not_allowed")
    if route == "disconnect":
        return Handle("disconnect")
    if route != "connect":
        return _judge_message(view, event, known)
    refusal = _find_other_useragent(view, event) if view.CHECK_CONNECT_USERAGENT else None
    return Refuse("invalid_useragent", refusal) if refusal else Handle("connect")


def _judge_message(view: Hooks, event: Event, known: Known) -> Verdict:
    keys = selection_keys(view)
    session = known.session
    is_empty = not names_handler(view)
    is_bad_frame = is_empty and _awaits_reply(event, session)
    if is_empty and not is_bad_frame:
        why = event.body.problem or f"neither {quote(keys[0])} nor {quote(keys[1])} is in it"
        return Refuse("handler_selection_key_missing", Refusal("", why))
    if session is None or not session.has_valid_login():
        return refuse_unknown_connection(event, ended_session=session)
    # The message belongs to the user who opened the connection, whatever cookie came.
    set_user(event.request, session.user or AnonymousUser())
    if not has_permissions(view, event.request):
        return Refuse("permission_denied", explain_missing_permission(view))
    if is_bad_frame:
        return Handle(DEFAULT_HANDLER, is_protocol=True)
    allowed = allowed_handlers(view)
    method = choose_handler(view.body, keys, allowed)
    if method == DEFAULT_HANDLER and (action := find_action(view.body, keys, session)):
        return Handle(action, is_protocol=True)
    unknown = find_unknown_handler(view.body, keys, allowed) if method == DEFAULT_HANDLER else ""
    return Handle(method, unknown)


def _awaits_reply(event: Event, session: WebSocketSession | None) -> bool:
    """Tell whether a message that counts as empty has an id, and comes from a client with hello."""
    speaks_protocol = session is not None and bool(session.client_id)
    return speaks_protocol and request_id_of(event.body.remnant) is not None


def _find_other_useragent(view: Hooks, event: Event) -> Refusal | None:
    """Say which User-Agent came in place of API Gateway's; None when it came."""
    api_id = view.aws_api_gateway_id or event.api_id
    expected = f"{view.expected_useragent_prefix}{api_id}"
    came = event.request.headers.get("User-Agent", "")
    if came == expected:
        return None
    why = f"its User-Agent is {quote(came)}, and CHECK_CONNECT_USERAGENT wants {quote(expected)}"
    return Refusal("Unexpected Useragent", why)
