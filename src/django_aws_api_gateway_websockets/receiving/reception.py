"""One event on its way through a view: read, look up, judge, record, invoke.

A view has one `Reception` for its request, and leaves to it everything that is no hook.
"""

from functools import cached_property, partial
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseBase

from ..channels.membership import note_moved
from ..models import ApiGateway, WebSocketSession
from ..models.deadlocks import outlast_deadlocks
from .channel_rules import ChannelRules
from .connect import ConnectChecks
from .conversation import Conversation
from .event import Event
from .facts import observed
from .handlers import find_unknown_handler
from .hearing import Hearing
from .hooks import (
    Hooks,
    accepts_channel_name,
    allowed_handlers,
    explain_channel_form,
    selection_keys,
)
from .invocation import Invocation
from .invoke import resolve
from .limits import Attempts
from .live_page import tell_session
from .probe import find_probe
from .refusals import Refusal, explain_unknown_handler, is_logged, log_refusal, mark_logged
from .replies import Replies
from .signed_probe import read_probe, respond_to_probe
from .verdict import Refuse, refuse_unknown_connection

__all__ = ["Reception"]


class Reception:
    """Takes one request of a view from its event to its response.

    Args:
        view: has the hooks, and the project's handlers.
        base: the view class of this package, to see which of its methods the project has
            overridden.
        event: read from the request.
    """

    def __init__(self, view: Hooks, base: type, event: Event) -> None:
        self.event = event
        self._view = view
        self._base = base
        self._hearing = Hearing(view, base, event)

    @property
    def rules(self) -> ChannelRules:
        """The rules of channels, as this request meets them."""
        return self._hearing.rules

    # Made at their first use: `known` of the hearing is final once the rows have been looked up.
    @cached_property
    def _replies(self) -> Replies:
        return Replies(self._view)

    @cached_property
    def _attempts(self) -> Attempts:
        return Attempts(self._view, self.event, self._hearing.known)

    @cached_property
    def _connect_checks(self) -> ConnectChecks:
        return ConnectChecks(
            self._view, self._base, self.event, rules=self._hearing.rules, attempts=self._attempts
        )

    @cached_property
    def _invocation(self) -> Invocation:
        return Invocation(
            self._view,
            self._base,
            self.event,
            self._hearing.known,
            rules=self._hearing.rules,
            attempts=self._attempts,
            connect_checks=self._connect_checks,
            replies=self._replies,
        )

    def respond(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Respond to the event; for a view without async methods."""
        if self._note_probe():
            return HttpResponse()
        if nonce := read_probe(self.event.request):
            return respond_to_probe(self._view, self._base, self.event, nonce, kwargs.get("route"))
        with observed(self._hearing.read_facts(kwargs.get("route"))) as seen:
            response = self._respond(*args, **kwargs)
            seen.status = response.status_code
            return response

    def _respond(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        verdict = self._hearing.reach_verdict(kwargs.get("route"))
        if isinstance(verdict, Refuse):
            return mark_logged(self.event.request, self._refuse(verdict, *args, **kwargs))
        if verdict.is_protocol:
            return self._converse(verdict.method)
        if self._replies.asks_for_once(verdict.method):
            return self._replies.refuse_once()
        result = self._invocation.call(verdict.method, *args, **kwargs)
        return self._log_if_refused(verdict.method, self._replies.respond(verdict.method, result))

    async def arespond(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Respond as `respond` does, with async methods awaited here and all else in a thread."""
        if self._note_probe():
            return HttpResponse()
        if nonce := read_probe(self.event.request):
            respond = sync_to_async(respond_to_probe)
            return await respond(self._view, self._base, self.event, nonce, kwargs.get("route"))
        with observed(self._hearing.read_facts(kwargs.get("route"))) as seen:
            response = await self._arespond(*args, **kwargs)
            seen.status = response.status_code
            return response

    async def _arespond(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        verdict = await sync_to_async(self._hearing.reach_verdict)(kwargs.get("route"))
        if isinstance(verdict, Refuse):
            refused = await sync_to_async(self._refuse)(verdict, *args, **kwargs)
            return mark_logged(self.event.request, refused)
        if verdict.is_protocol:
            return await sync_to_async(self._converse)(verdict.method)
        if self._replies.asks_for_once(verdict.method):
            return await sync_to_async(self._replies.refuse_once)()
        result = await self._invocation.acall(verdict.method, *args, **kwargs)
        if self._replies.are_wanted(verdict.method, result):
            # The reply may have to be sent, which no event loop should wait for.
            response = await sync_to_async(self._replies.respond)(verdict.method, result)
        else:
            response = self._replies.respond(verdict.method, result)
        return self._log_if_refused(verdict.method, response)

    def connect(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Admit or refuse a new connection.

        The view's own `connect()` calls this; a project may override it, and call it in turn.
        """
        return self._connect_checks.admit(*args, **kwargs)

    def disconnect(self, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Note that the connection is closed; None when its session was found and marked."""
        view, event = self._view, self.event
        is_pinned = view.aws_api_gateway_id is not None
        # A project may have made the view with a gateway, and call this with a request of its own.
        api_id = event.api_id if view.api_gateway is None else view.api_gateway.api_id
        if WebSocketSession.close_connection(event.connection_id, api_id, or_without_api=is_pinned):
            return None
        if not is_pinned and not ApiGateway.objects.filter(api_id=event.api_id).exists():
            return self._refuse(Refuse("missing_headers"), *args, **kwargs)
        refusal = refuse_unknown_connection(event)
        self._hearing.log(refusal, what="disconnect")
        return self._refuse(refusal, *args, **kwargs)

    def change_channel(self, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Move the connection to the channel the message names; None when it went well."""
        view = self._view
        channel = view.body.get("channel")
        if not accepts_channel_name(view, channel):
            refusal = Refusal("Invalid channel", explain_channel_form(view, channel))
            log_refusal("change of channel", self.event, refusal)
            return HttpResponseBadRequest(refusal.text)
        if not self._hearing.rules.may_join(str(channel), what="change of channel"):
            denial: HttpResponseBase = view.permission_denied(self.event.request, *args, **kwargs)
            return denial
        session = view.websocket_session
        old_channel, session.channel_name = session.channel_name, str(channel)
        # A full save would write back a counter and a state that other requests may have changed.
        save = partial(session.save, update_fields=["channel_name", "updated_on"])
        outlast_deadlocks(save, using=WebSocketSession.objects.db)
        note_moved(session, old_channel)
        return None

    def explain_default(self) -> str:
        """Say which name of a handler has led a message to `default`; "" when none has."""
        allowed = allowed_handlers(self._view)
        name = find_unknown_handler(self._view.body, selection_keys(self._view), allowed)
        return explain_unknown_handler(name, allowed) if name else ""

    def _note_probe(self) -> bool:
        """Let a check know that it came here; False when the request is no such check."""
        probe = find_probe(self.event.request)
        if probe is None:
            return False
        probe.has_reached_view = True
        return True

    def _converse(self, action: str) -> HttpResponseBase:
        """Carry out a frame of the wire protocol."""
        conversation = Conversation(self._view, self.event, self._hearing.rules)
        response = conversation.respond(action)
        tell_session(self.event.request, response, self._view.websocket_session)
        return response

    def _log_if_refused(self, method: str, response: HttpResponseBase) -> HttpResponseBase:
        """Log a refusal by the project's own handler; Django itself would name no connection."""
        request = self.event.request
        is_refusal = 400 <= response.status_code < 500  # noqa: PLR2004 - RFC 9110, 15.5.
        if is_refusal and not is_logged(request):
            what = "connection" if method == "connect" else "message"
            reason = f"its handler {method}() responded with {response.status_code}"
            log_refusal(what, self.event, Refusal("", reason))
        tell_session(request, response, self._view.websocket_session)
        return mark_logged(request, response)

    def _refuse(self, verdict: Refuse, *args: Any, **kwargs: Any) -> HttpResponseBase:
        hook = getattr(self._view, verdict.hook)
        response: HttpResponseBase = resolve(hook(self.event.request, *args, **kwargs))
        return response
