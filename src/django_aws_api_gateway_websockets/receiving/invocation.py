"""The call of the method that handles an event, within everything a project may expect around it.

That is the transactions of `ATOMIC_REQUESTS`, the log and the mail when it fails, and a second look
at the rules by which the connection has just come into a channel.
"""

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.db import Error

from ..channels.rechecks import recheck_places
from ..models.connecting import connecting
from .channel_rules import ChannelRules
from .connect import ConnectChecks
from .event import LIFECYCLE, Event
from .exception_mail import mail_exception
from .hooks import Hooks
from .invoke import begins_transactions, is_overridden, project_transactions, resolve
from .limits import Attempts
from .lookup import Known
from .refusals import explain_failure, quote
from .replies import Replies

__all__ = ["Invocation"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")


class Invocation:
    """Calls the method that handles one event.

    Args:
        view: has the method.
        base: the view class of this package, to see which of its methods the project has
            overridden.
        event: the event.
        known: rows of the event.
        rules: rules of channels, as this event has met them.
        attempts: counts an attempt to connect.
        connect_checks: has the session that a connect opens.
        replies: tells a client that the method has failed.
    """

    def __init__(  # noqa: PLR0913 - `Reception` puts these parts together, in one place.
        self,
        view: Hooks,
        base: type,
        event: Event,
        known: Known,
        *,
        rules: ChannelRules,
        attempts: Attempts,
        connect_checks: ConnectChecks,
        replies: Replies,
    ) -> None:
        self._view = view
        self._base = base
        self._event = event
        self._known = known
        self._rules = rules
        self._attempts = attempts
        self._connect_checks = connect_checks
        self._replies = replies

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the view, plain or async; not from an event loop."""
        try:
            with self._socket_state(method), self._transactions(method):
                return resolve(getattr(self._view, method)(self._event.request, *args, **kwargs))
        except Exception as error:
            self._note_failure(method, error)
            raise
        finally:
            self._ask_again()

    async def acall(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Await a method that is async; call any other in a thread."""
        if iscoroutinefunction(getattr(self._view, method)):
            return await self._await(method, *args, **kwargs)
        return await sync_to_async(self.call)(method, *args, **kwargs)

    async def _await(self, method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            with self._socket_state(method):
                return await getattr(self._view, method)(self._event.request, *args, **kwargs)
        except Exception as error:
            await sync_to_async(self._note_failure)(method, error)
            raise
        finally:
            if self._rules.let_in_by_right:
                await sync_to_async(self._ask_again)()

    def _ask_again(self) -> None:
        """Ask the rules of channels again by which the connection has just come in."""
        session = self._view.websocket_session or self._connect_checks.session
        if not self._rules.let_in_by_right or session is None:
            return
        try:
            recheck_places(session, self._rules.let_in_by_right)
        except Error:
            # The message itself has been carried out.
            logger.exception("The rules could not be asked again for connection %s.", session)

    def _socket_state(self, method: str) -> AbstractContextManager[None]:
        is_connect = method == "connect"
        return connecting(self._event.connection_id) if is_connect else nullcontext()

    def _transactions(self, method: str) -> AbstractContextManager[None]:
        """Begin what `ATOMIC_REQUESTS` asks for around a project's code."""
        if method in LIFECYCLE and not is_overridden(self._view, self._base, [method]):
            # Ours; a transaction is only needed around what the project hooks into it.
            return nullcontext()
        if method == "connect" and begins_transactions(self._event.request):
            # Within the transaction the count's row would stay locked for as long as the project's
            # code takes, and an exception would undo the count.
            self._attempts.count()
        return project_transactions(self._event.request)

    def _note_failure(self, method: str, error: Exception) -> None:
        """Log the failure of a handler, mail it, and keep what a rollback must not undo."""
        view = self._view
        logger.error(
            # Django logs the traceback, and tells whoever else wants to know of it.
            "The handler %s of %s failed. %s; connection %s.",
            method,
            type(view).__name__,
            explain_failure(error),
            self._known.session or quote(self._event.connection_id),
        )
        self._replies.tell_failure(method, error)
        if view.SEND_EXCEPTION_MAIL and view.websocket_session is not None:
            mail_exception(type(view), error, view.EXCEPTION_MAIL_INTERVAL)
        self._connect_checks.keep_token_used()
