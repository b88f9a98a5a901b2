"""The wire protocol with one client: its hello, and where it wants to be and to publish."""

import logging
from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import Error
from django.http import HttpResponseBase

from ..channels.membership import JoinResult, admit, note_moved, take_out
from ..channels.presence import snapshots
from ..channels.publication import publish_to
from ..channels.rechecks import recheck_places
from ..channels.registry import declared_channel
from ..conf import get_setting
from ..core.errors import MessageTooLargeError
from ..core.wire_protocol import (
    ErrorCode,
    Frame,
    error,
    presence_frame,
    reply_error,
    reply_ok,
)
from ..models import WebSocketSession
from ..models.deadlocks import outlast_deadlocks
from ..sending.frames import is_too_large, post_frame
from .channel_rules import ChannelRules
from .event import Event
from .frames import ClientFrame, FrameError, read_frame, reply_id_of
from .hooks import Hooks, accepts_channel_name, explain_channel_form
from .invoke import project_transactions
from .refusals import Refusal, log_refusal
from .replies import send_reply

__all__ = ["Conversation"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

ChannelReplies = dict[str, Frame]
"""The reply to a client for each channel it has named."""


class Conversation:
    """Carries out the frame of one request.

    Args:
        view: has the hooks, the message and its session.
        event: the message.
        rules: asked who may be in a channel.
    """

    def __init__(self, view: Hooks, event: Event, rules: ChannelRules) -> None:
        self._view = view
        self._event = event
        self._rules = rules
        self._session = view.websocket_session

    def respond(self, action: str) -> HttpResponseBase:
        """Carry out a frame, and reply to it."""
        request_id = reply_id_of(self._view.body or self._event.body.remnant)
        try:
            frame = self._read(action)
            with project_transactions(self._event.request):
                answer = self._carry_out(frame)
            self._ask_again(answer)
            # The members are told of a newcomer by now. So the client, which hears of that as well,
            # misses nothing between what it is told here and the first change.
            reply = reply_ok(request_id, **self._with_presence(answer))
            self._post_what_does_not_fit(reply)
        except FrameError as refused:
            reply = reply_error(request_id, refused.code, refused.message)
        except Exception:
            # The client waits for its reply, and is told no details.
            logger.exception("A %s of connection %s failed.", action, self._session)
            text = "The frame could not be carried out."
            reply = reply_error(request_id, ErrorCode.HANDLER_FAILED, text)
        return send_reply(self._session, reply)

    def _read(self, action: str) -> ClientFrame:
        problem = self._event.body.problem
        if problem and not self._view.body:
            log_refusal("message", self._event, Refusal("", problem))
            raise FrameError(ErrorCode.BAD_FRAME, f"{problem}.")
        return read_frame(action, self._view.body)

    def _carry_out(self, frame: ClientFrame) -> dict[str, Any]:
        if frame.action == "publish":
            return self._publish(frame)
        if frame.action == "unsubscribe":
            return self._unsubscribe(frame)
        return {"channels": self._subscribe(frame)}

    def _subscribe(self, frame: ClientFrame) -> ChannelReplies:
        most = get_setting("max_channels_per_connection")
        if len(frame.channels) > most:
            raise FrameError(
                ErrorCode.TOO_MANY_CHANNELS, f"A connection may be in {most} channels at most."
            )
        names = [str(name) for name in frame.channels if accepts_channel_name(self._view, name)]
        is_new = frame.action == "hello" and frame.client != self._session.client_id
        result = self._admit(names, client_id=frame.client if is_new else None)
        if is_new:
            self._session.client_id = frame.client
        told: ChannelReplies = {name: {"ok": True, "position": None} for name in result.admitted}
        for name, (code, message) in result.refused.items():
            told[name] = {"ok": False, "error": error(code, message)}
        for named in frame.channels:
            if named not in told:
                form = explain_channel_form(self._view, named)
                told[str(named)] = {"ok": False, "error": error(ErrorCode.BAD_FRAME, form)}
        return told

    def _admit(self, names: list[str], *, client_id: str | None) -> JoinResult:
        self._rules.read(names)
        refused: dict[str, tuple[ErrorCode, str]] = {}

        def may_join(name: str) -> bool:
            try:
                may = self._rules.may_join(name, what="subscription")
            except Error:
                # The transaction may be lost with it.
                raise
            except Exception:
                # The other channels of the frame are no worse for it.
                logger.exception("The rules of channel %s could not be asked.", name)
                refused[name] = ErrorCode.HANDLER_FAILED, "The rules could not be asked."
                return False
            if not may and self._rules.was_unknown:
                refused[name] = (
                    ErrorCode.UNKNOWN_CHANNEL,
                    f"Nothing knows a channel of the name {name!r}.",
                )
            return may

        is_ruled = self._rules.let_in.__contains__
        result = admit(self._session, names, may_join, is_ruled=is_ruled, client_id=client_id)
        result.refused |= refused
        return result

    def _ask_again(self, answer: dict[str, Any]) -> None:
        """Refuse those channels after all whose right has ended while the client came in."""
        for name in recheck_places(self._session, self._rules.let_in_by_right):
            refused = error(ErrorCode.FORBIDDEN, "You may not be in this channel.")
            answer["channels"][name] = {"ok": False, "error": refused}

    def _unsubscribe(self, frame: ClientFrame) -> dict[str, Any]:
        names = [name for name in frame.channels if accepts_channel_name(self._view, name)]
        if len(names) < len(frame.channels):
            raise FrameError(ErrorCode.BAD_FRAME, "channels must be a list of names.")
        wanted = [str(name) for name in names]
        take_out(self._session, wanted)
        if self._session.channel_name in wanted:
            self._leave_default_channel()
        return {"channels": wanted}

    def _leave_default_channel(self) -> None:
        old_channel, self._session.channel_name = self._session.channel_name, ""
        save = partial(self._session.save, update_fields=["channel_name", "updated_on"])
        outlast_deadlocks(save, using=WebSocketSession.objects.db)
        note_moved(self._session, old_channel)

    def _publish(self, frame: ClientFrame) -> dict[str, Any]:
        [name] = frame.channels
        if not accepts_channel_name(self._view, name):
            raise FrameError(
                ErrorCode.BAD_FRAME, f"channel: {explain_channel_form(self._view, name)}."
            )
        channel = declared_channel(str(name))
        user = getattr(self._event.request, "user", None) or AnonymousUser()
        if channel is None or not channel.may_publish(user):
            raise FrameError(ErrorCode.FORBIDDEN, "You may not publish to this channel.")
        try:
            publish_to(channel.name, frame.data)
        except MessageTooLargeError as failure:
            raise FrameError(ErrorCode.TOO_LARGE, str(failure)) from failure
        except ValueError as failure:
            # It has what no JSON can express, or would cost more than the project's budget.
            raise FrameError(ErrorCode.REFUSED, "This message cannot be sent.") from failure
        return {"position": None}

    def _with_presence(self, answer: dict[str, Any]) -> dict[str, Any]:
        told = answer.get("channels")
        if not isinstance(told, dict):
            return answer
        channels = [declared_channel(name) for name, one in told.items() if one["ok"]]
        present = snapshots(channel for channel in channels if channel is not None)
        for name, presence in present.items():
            told[name]["presence"] = presence
        return answer

    def _post_what_does_not_fit(self, reply: Frame) -> None:
        """Take the members of the largest rooms out of a reply that is too large to be sent.

        They go ahead of it, each room in a frame of its own.
        """
        told = reply.get("channels")
        if not isinstance(told, dict) or not is_too_large(reply):
            return
        members = {
            name: one["presence"]["members"]
            for name, one in told.items()
            if "members" in one.get("presence", {})
        }
        for name in sorted(members, key=lambda name: len(members[name]), reverse=True):
            version = told[name].pop("presence")["version"]
            frame = presence_frame(name, version, members=members[name])
            if is_too_large(frame):
                frame = presence_frame(name, version, count=len(members[name]))
            WebSocketSession.mark_gone(post_frame([self._session.recipient()], frame))
            if not is_too_large(reply):
                break
