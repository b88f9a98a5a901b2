"""One event on its way through a view: read, look up, judge, record, invoke.

A view has one `Reception` for its request, and leaves to it everything that is no hook.
"""

import logging
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any, Final

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpResponseBadRequest, HttpResponseBase, JsonResponse

from ..models import ApiGateway, WebSocketSession
from ..models.connecting import connecting
from .channel_rules import ChannelRules
from .connect import Admission
from .event import Event
from .exception_mail import mail_exception
from .handlers import find_unknown_handler
from .hooks import Hooks, accepts_channel_name, allowed_handlers, selection_keys
from .invoke import begins_transactions, is_overridden, project_transactions, resolve
from .judge import judge
from .limits import Attempts
from .lookup import Known, look_up_connect, look_up_message
from .origin import refuse_stranger
from .verdict import Refuse, Verdict, refuse_unknown_connection
from .wording import Refusal, explain_unknown_handler, find_similar, log_refusal, quote

__all__ = ["Reception"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_LIFECYCLE: Final = frozenset({"connect", "disconnect"})
"""Events besides messages, which a project need not write anything for."""


class Reception:
    """Takes one request of a view from its event to its response.

    Args:
        view: has the hooks, and the project's handlers.
        base: the view class of this package, of which methods may be overridden.
        event: read from the request.
    """

    def __init__(self, view: Hooks, base: type, event: Event) -> None:
        self.event = event
        self._view = view
        self._base = base
        self._known = Known()

    @cached_property
    def rules(self) -> ChannelRules:
        """The rules of channels, as this request meets them."""
        return ChannelRules(self._view, self.event, self._known)

    @cached_property
    def _attempts(self) -> Attempts:
        return Attempts(self._view, self.event, self._known)

    @cached_property
    def _admission(self) -> Admission:
        return Admission(
            self._view, self._base, self.event, rules=self.rules, attempts=self._attempts
        )

    def respond(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Respond to the event; for a view without async methods."""
        verdict = self._reach_verdict(kwargs.get("route"))
        if isinstance(verdict, Refuse):
            return self._refuse(verdict, *args, **kwargs)
        return self._invoke(verdict.method, *args, **kwargs) or JsonResponse({})

    async def arespond(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Respond as `respond` does, with async methods awaited here and all else in a thread."""
        verdict = await sync_to_async(self._reach_verdict)(kwargs.get("route"))
        if isinstance(verdict, Refuse):
            return await sync_to_async(self._refuse)(verdict, *args, **kwargs)
        is_async = iscoroutinefunction(getattr(self._view, verdict.method))
        invoke = self._ainvoke if is_async else sync_to_async(self._invoke)
        return await invoke(verdict.method, *args, **kwargs) or JsonResponse({})

    def connect(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Admit or refuse a new connection."""
        return self._admission.admit(*args, **kwargs)

    def disconnect(self, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Note that the connection is closed; None when there was one."""
        view, event = self._view, self.event
        is_pinned = view.aws_api_gateway_id is not None
        if WebSocketSession.close_connection(
            event.connection_id, event.api_id, or_without_api=is_pinned
        ):
            return None
        if not is_pinned and not ApiGateway.objects.filter(api_id=event.api_id).exists():
            return self._refuse(Refuse("missing_headers"), *args, **kwargs)
        refusal = refuse_unknown_connection(event)
        self._log(refusal, what="disconnect")
        return self._refuse(refusal, *args, **kwargs)

    def change_channel(self, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Move the connection to the channel the message names; None when it went well."""
        view = self._view
        channel = view.body.get("channel")
        if not accepts_channel_name(view, channel):
            refusal = Refusal("Invalid channel", quote(channel))
            log_refusal("change of channel", self.event, refusal)
            return HttpResponseBadRequest(refusal.text)
        if not self.rules.may_join(str(channel), what="change of channel"):
            denial: HttpResponseBase = view.permission_denied(self.event.request, *args, **kwargs)
            return denial
        view.websocket_session.channel_name = str(channel)
        # A full save would write back a counter and a state that other requests may have changed.
        view.websocket_session.save(update_fields=["channel_name", "updated_on"])
        return None

    def explain_default(self) -> str:
        """Say which name of a handler has led a message to `default`; "" when none has."""
        allowed = allowed_handlers(self._view)
        name = find_unknown_handler(self._view.body, selection_keys(self._view), allowed)
        return explain_unknown_handler(name, allowed) if name else ""

    def _reach_verdict(self, route: str | None) -> Verdict:
        """Look up, judge and record; the database is asked for nothing a stranger sent."""
        verdict: Verdict | None = refuse_stranger(self._view, self.event)
        if verdict is None:
            is_known = self._look_up(route)
            verdict = (
                judge(self._view, self.event, self._known, route)
                if is_known
                else Refuse("missing_headers")
            )
        self._record(verdict)
        return verdict

    def _look_up(self, route: str | None) -> bool:
        """Find the rows of the event; False when it comes from no API of ours."""
        view = self._view
        if route == "disconnect" and not is_overridden(view, self._base, ["disconnect"]):
            # The statement that closes the session also finds its gateway.
            return True
        look_up = look_up_connect if route in _LIFECYCLE else look_up_message
        self._known = known = look_up(view, self.event)
        view.api_gateway = known.gateway
        if known.session is not None:
            view.websocket_session = known.session
        return known.gateway is not None or view.aws_api_gateway_id is not None

    def _record(self, verdict: Verdict) -> None:
        if isinstance(verdict, Refuse):
            self._log(verdict, what="message")
            if verdict.ended_session is not None:
                verdict.ended_session.close()
        elif verdict.unknown:
            # A message meant for a route of its own may have a name nobody here knows; what is
            # nearly a handler's name is a mistake.
            allowed = allowed_handlers(self._view)
            level = logging.WARNING if find_similar(verdict.unknown, allowed) else logging.INFO
            logger.log(
                level,
                "A message of connection %s goes to default(): %s.",
                self._known.session,
                explain_unknown_handler(verdict.unknown, allowed),
            )

    def _log(self, verdict: Refuse, *, what: str) -> None:
        if verdict.note:
            self._view._debug(verdict.note)  # noqa: SLF001 - a documented hook.
        if verdict.refusal is not None:
            log_refusal(what, self.event, verdict.refusal)

    def _refuse(self, verdict: Refuse, *args: Any, **kwargs: Any) -> HttpResponseBase:
        hook = getattr(self._view, verdict.hook)
        response: HttpResponseBase = resolve(hook(self.event.request, *args, **kwargs))
        return response

    def _invoke(self, method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            with self._socket_state(method), self._transactions(method):
                return resolve(getattr(self._view, method)(self.event.request, *args, **kwargs))
        except Exception as error:
            self._note_failure(method, error)
            raise

    async def _ainvoke(self, method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            with self._socket_state(method):
                return await getattr(self._view, method)(self.event.request, *args, **kwargs)
        except Exception as error:
            await sync_to_async(self._note_failure)(method, error)
            raise

    def _socket_state(self, method: str) -> AbstractContextManager[None]:
        is_connect = method == "connect"
        return connecting(self.event.connection_id) if is_connect else nullcontext()

    def _transactions(self, method: str) -> AbstractContextManager[None]:
        """Begin what `ATOMIC_REQUESTS` asks for around a project's code."""
        if method in _LIFECYCLE and not is_overridden(self._view, self._base, [method]):
            # Ours; a transaction is only needed around what the project hooks into it.
            return nullcontext()
        if method == "connect" and begins_transactions(self.event.request):
            # Within the transaction the count's row would stay locked for as long as the project's
            # code takes, and an exception would undo the count.
            self._attempts.count()
        return project_transactions(self.event.request)

    def _note_failure(self, method: str, error: Exception) -> None:
        """Log the failure of a handler, mail it, and keep what a rollback must not undo."""
        view = self._view
        logger.error("The handler %s of %s failed.", method, type(view).__name__, exc_info=error)
        if view.SEND_EXCEPTION_MAIL and view.websocket_session is not None:
            mail_exception(type(view), error, view.EXCEPTION_MAIL_INTERVAL)
        self._admission.keep_token_used()
