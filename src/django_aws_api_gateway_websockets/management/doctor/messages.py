"""Hops of messages: one into the view, one out of the socket, and the view's reply."""

import functools
from collections.abc import Callable
from typing import Any, Final

from ...core.errors import MissingCredentialsError, WebSocketsError
from ...core.retry import RetryPolicy
from ...core.wire_protocol import PROTOCOL_VERSION
from ...delivery.fan_out import Timeouts
from ...delivery.outcome import OutcomeKind
from ...sending.messages import Recipient, serialise_message
from ...sending.transports import transport_for
from ..visit.sockets import SocketClosedError
from .case import Case
from .explanations import explain_lost_message, explain_post
from .finding import Finding, broken, not_needed, skipped, warning, well
from .hop import Hop
from .refusals import explain_backend
from .sockets import get_sessions

__all__ = ["HOPS"]

_SOON_SECONDS: Final = 1.0
_HANDLER_SECONDS: Final = 10.0
_POST_SECONDS: Final = 3.0
_FRAME_SECONDS: Final = 5.0

_HARMLESS: Final = ("hello", "subscribe", "unsubscribe")
"""Actions of the wire protocol that change nothing for anybody else."""


def look_at_handler(case: Case) -> Finding:
    """Send a frame that changes nothing, and see that it gets to the view."""
    report = case.report_of_view
    action = next((name for name in _HARMLESS if name not in report.own_words), None)
    if action is None:
        return skipped("the view has handlers of its own for each harmless frame")
    before = case.session.request_count
    case.take_time()
    case.talk.say(_harmless_frame(case, action))

    def has_arrived() -> bool:
        row = get_sessions().filter(pk=case.session.pk).first()
        return row is not None and (row.client_id == case.nonce or row.request_count > before)

    def hear(seconds: float) -> Any | None:
        return case.talk.hear(
            lambda one: _is_reply(one, case.nonce) or _is_of_gateway(one),
            seconds=seconds,
            is_enough=has_arrived,
        )

    frame = hear(_SOON_SECONDS)
    if frame is None and not has_arrived():
        # A fault before the view makes it useless to wait for longer.
        if found := explain_backend(case, "default"):
            return found
        frame = hear(_HANDLER_SECONDS)
    if frame is None and not has_arrived():
        return explain_lost_message(case, {})
    if frame is not None and _is_of_gateway(frame):
        return explain_lost_message(case, frame)
    return well("A message gets to the view.")


def look_at_message(case: Case) -> Finding:
    """Send the message of --message, and see what its handler does."""
    if case.options.message is None:
        return not_needed("--message gives none")
    case.take_time()
    request_id = f"{case.nonce}-message"
    case.talk.say({**case.options.message, "id": request_id})
    frame = case.talk.hear(
        lambda one: _is_reply(one, request_id) or _is_of_gateway(one), seconds=_HANDLER_SECONDS
    )
    if frame is None:
        return warning("No reply to your message has come.", "Look at Django's log.")
    if _is_of_gateway(frame):
        return explain_lost_message(case, frame)
    if frame.get("ok"):
        return well("Your message was handled.")
    said = frame.get("error", {})
    return broken(
        f"Your message was not handled: {said.get('code')}, {said.get('message')}",
        "The reason, and the traceback of a handler that has raised, are in Django's log.",
        "docs/reference/errors.md#refused-messages",
    )


def look_at_connections(case: Case) -> Finding:
    """Post a frame to the socket by `@connections`, with the credentials of this process."""
    case.take_time()
    recipient = case.session.recipient()
    try:
        transport = transport_for(
            Recipient("", recipient.api_id, recipient.stage),
            retries=RetryPolicy(max_attempts=1),
            timeouts=Timeouts(total_seconds=_POST_SECONDS),
        )
        # A frame that every client leaves alone: nobody knows its kind.
        frame = serialise_message({"ws": "doctor", "id": case.nonce})
        outcome = transport.post(recipient.connection_id, frame)
    except (MissingCredentialsError, WebSocketsError, ValueError) as error:
        return broken(f"Nothing can be sent: {error}", "See the hops region and credentials.")
    if outcome.kind is OutcomeKind.SENT:
        return well("API Gateway took a message for the socket.")
    # A route response is no post.
    may_tell = outcome.error_code == "AccessDeniedException" and not case.api.has_route_responses
    if may_tell and _hear_reply(case, seconds=_SOON_SECONDS) is not None:
        return warning(
            "These credentials may not send to sockets; those of Django may, whose reply has come.",
            "Nothing, where they are to deploy only. With execute-api:ManageConnections on this "
            "API the doctor sends a message itself.",
            stops="these credentials may not send",
        )
    return explain_post(case, transport.error(outcome), outcome)


def look_at_frame(case: Case) -> Finding:
    """See the posted frame arrive."""
    case.take_time()
    frame = case.talk.hear(
        lambda one: _has(one, ws="doctor", id=case.nonce), seconds=_FRAME_SECONDS
    )
    if frame is None:
        return broken(
            "API Gateway took the message, and nothing has come out of the socket in time.",
            "Try again; if it stays so, see whether something between API Gateway and here drops "
            "frames, such as a proxy of the office.",
        )
    return well("The message came out of the socket.")


def look_at_reply(case: Case) -> Finding:
    """See the reply of the view, which Django sends with credentials of its own."""
    case.take_time()
    if _hear_reply(case) is not None:
        return well("Django's own reply came, too.")
    return broken(
        "The doctor can send to the socket, and Django's reply did not come.",
        "Django's process has other credentials, or a firewall: see its log, and give its role "
        "execute-api:ManageConnections on this API.",
    )


def _unless_closed(look: Callable[[Case], Finding]) -> Callable[[Case], Finding]:
    """Let a socket that was closed meanwhile be a finding."""

    @functools.wraps(look)
    def look_at(case: Case) -> Finding:
        try:
            return look(case)
        except SocketClosedError as closed:
            return broken(
                f"The socket was closed meanwhile, with {closed.code}, and not by the doctor.",
                "See what the code means; 1000 says that Django has closed it: its login has "
                "ended, or code of yours has called close().",
                "docs/reference/errors.md#what-a-client-can-see",
            )

    return look_at


def _hear_reply(case: Case, *, seconds: float = _FRAME_SECONDS) -> Any | None:
    return case.talk.hear(lambda one: _is_reply(one, case.nonce), seconds=seconds)


def _harmless_frame(case: Case, action: str) -> dict[str, Any]:
    # The view's own key comes first, so that no additional route of the API takes the frame.
    frame: dict[str, Any] = {case.report_of_view.selection_key: action, "id": case.nonce}
    if action == "hello":
        return frame | {"ws": PROTOCOL_VERSION, "client": case.nonce}
    return frame | {"channels": {} if action == "subscribe" else []}


def _is_reply(frame: Any, request_id: str) -> bool:
    return _has(frame, ws="reply", id=request_id)


def _is_of_gateway(frame: Any) -> bool:
    return isinstance(frame, dict) and {"message", "connectionId", "requestId"} <= set(frame)


def _has(frame: Any, **members: object) -> bool:
    return isinstance(frame, dict) and all(frame.get(name) == one for name, one in members.items())


HOPS: Final = (
    Hop(
        name="handler",
        about="a message from the socket gets to the view",
        look=_unless_closed(look_at_handler),
        needs=("session",),
        most_seconds=_HANDLER_SECONDS,
    ),
    Hop(
        name="message",
        about="the handler of the message given with --message does its work",
        look=_unless_closed(look_at_message),
        needs=("handler",),
        most_seconds=_HANDLER_SECONDS,
    ),
    Hop(
        name="@connections",
        about="API Gateway takes a message for the socket",
        look=_unless_closed(look_at_connections),
        needs=("session",),
        most_seconds=_POST_SECONDS + _SOON_SECONDS,
    ),
    Hop(
        name="frame",
        about="that message comes out of the socket",
        look=_unless_closed(look_at_frame),
        needs=("@connections",),
        most_seconds=_FRAME_SECONDS,
    ),
    Hop(
        name="reply",
        about="so does the reply that Django sends",
        look=_unless_closed(look_at_reply),
        needs=("handler",),
        most_seconds=_FRAME_SECONDS,
    ),
)
