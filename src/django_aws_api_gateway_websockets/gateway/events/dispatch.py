"""The way of events from open connections to their integrations, and of the replies back.

Messages of one connection run at the same time, up to a limit; above it, the connection is not read
until one has finished. AWS promises no order either ("responses … not necessarily in the same
order"), and a backend that needs an order should fail here first.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ...core.closures import Closure
from ...core.error_frames import GatewayMessage, status_of
from ...core.events.context import EventContext, EventType
from ...core.events.event import Event
from ...core.events.identifiers import ConnectionId
from ...core.events.integration import Integration
from ...core.events.routes import DISCONNECT, select_route
from ..connections.backlog import MAX_BUFFERED_BYTES
from ..connections.connection import Connection
from ..deployed.apis import Apis, DeployedRoute, Deployment
from ..deployed.throttles import Throttles
from ..integrations.backends import BackendError
from ..integrations.caller import Integrations, result_of, result_without_response
from ..journal.entries import IntegrationResult, SocketEntry, size_of
from ..journal.instruments import Instruments
from ..runtime.log import problems
from .replies import explain_bad_body, explain_nowhere, send_error, send_own_error, send_reply

__all__ = ["Dispatcher"]

FULL_PAUSE_SECONDS: Final = 0.1
"""Seconds between two checks whether a full client has read."""

STARTS_IN_A_TURN: Final = 4
"""Messages of one connection that start in one turn of the loop: a whole burst would delay
everybody else, and one at a time would take half as long again."""


@dataclass(slots=True)
class _Inbox:
    """Messages of a connection that wait for their turn."""

    waiting: deque[str] = field(default_factory=deque)
    workers: int = 0
    _turn: asyncio.Semaphore | None = None

    @property
    def turn(self) -> asyncio.Semaphore:
        """Return the lock for starting the next message; most connections never need one."""
        if self._turn is None:
            self._turn = asyncio.Semaphore(STARTS_IN_A_TURN)
        return self._turn


class Dispatcher:
    """Listener that takes messages and ends of connections to their integrations.

    Args:
        limit: messages of one connection that may run at the same time.
    """

    def __init__(
        self,
        apis: Apis,
        integrations: Integrations,
        *,
        throttles: Throttles,
        limit: int,
        instruments: Instruments,
    ) -> None:
        self._apis = apis
        self.integrations = integrations
        """Caller of the integrations; the wiring may replace it."""
        self._journal = instruments.journal
        self._throttles = throttles
        self._tasks = instruments.tasks
        self._limit = limit
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._log = instruments.execution
        self._refusals = instruments.refusals
        # Only connections with messages under way have an inbox: an idle one needs no memory here.
        self._inboxes: dict[ConnectionId, _Inbox] = {}

    def is_busy(self, connection: Connection) -> bool:
        """Tell whether messages of a connection are at a backend, or wait for one."""
        return connection.client.connection_id in self._inboxes

    def message_received(self, connection: Connection, text: str) -> None:
        """Start a message, or let it wait for its turn."""
        connection_id = connection.client.connection_id
        inbox = self._inboxes.get(connection_id)
        if inbox is None:
            inbox = self._inboxes[connection_id] = _Inbox()
        inbox.waiting.append(text)
        if inbox.workers < self._limit:
            inbox.workers += 1
            self._tasks.start(self._work(connection, inbox))
        else:
            connection.set_inbox(is_full=True)

    def message_sent(self, connections: Sequence[Connection], payload: bytes) -> None:
        """Do nothing: a sent message concerns no integration."""

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        """Run `$disconnect` as soon as every earlier message has started.

        It does not wait until they have finished: `$disconnect` may overtake the last reply, on AWS
        as well.
        """
        inbox = self._inboxes.get(connection.client.connection_id)
        if inbox is None or not inbox.waiting:
            self._tasks.start(self._disconnect(connection, closure))

    async def _work(self, connection: Connection, inbox: _Inbox) -> None:
        while inbox.waiting:
            if inbox.workers > 1:
                async with inbox.turn:
                    await asyncio.sleep(0)
                if not inbox.waiting:
                    break
            if connection.is_open and connection.buffered_bytes > MAX_BUFFERED_BYTES:
                # Its replies would pile up unread; a client that stays full is closed.
                await asyncio.sleep(FULL_PAUSE_SECONDS)
                continue
            text = inbox.waiting.popleft()
            if not inbox.waiting:
                self._follow_empty_inbox(connection)
            try:
                await self._deliver(connection, text)
            except Exception:  # noqa: BLE001 - an error in one message must not stop the others.
                problems.exception("An error in the gateway itself, while delivering a message.")
                send_own_error(connection, request_id=self._ids.request())
        inbox.workers -= 1
        if inbox.workers == 0:
            del self._inboxes[connection.client.connection_id]

    def _follow_empty_inbox(self, connection: Connection) -> None:
        if connection.closure is None:
            connection.set_inbox(is_full=False)
        else:
            # A new task starts after the current one waits, so the last message has begun by then.
            self._tasks.start(self._disconnect(connection, connection.closure))

    async def _deliver(self, connection: Connection, text: str) -> None:
        client = connection.client
        stage = self._apis.stage_for_event(client.api_id, client.stage)
        deployment = None if stage is None else stage.deployment
        route = None if deployment is None else _route_for(deployment, text)
        context = client.context(
            EventType.MESSAGE,
            route_key="" if route is None else route.key,
            request_id=self._ids.request(),
            requested_at_ms=self._clock.now_ms(),
            message_id=self._ids.connection(),
        )
        self._log.note_start(context)
        if stage is None or deployment is None or route is None or route.integration is None:
            self._refuse(connection, context, text, explain_nowhere(context, deployment, route))
            return
        if not self._throttles.admits_message(stage, route.key):
            self._refuse(connection, context, text, GatewayMessage.TOO_MANY_REQUESTS)
            return
        complaint = None if route.models is None else route.models.complaint(text)
        if complaint is not None:
            explain_bad_body(context, complaint)
            message = GatewayMessage.BAD_REQUEST_BODY
            self._refuse(connection, context, text, message, validation_error=complaint)
            return
        event = Event(context, body=text, stage_variables=stage.variables)
        await self._call(connection, event, route.integration, deployment, replies=route.replies)

    async def _call(
        self,
        connection: Connection,
        event: Event,
        integration: Integration,
        deployment: Deployment,
        *,
        replies: bool,
    ) -> None:
        started = self._clock.monotonic()
        try:
            response = await self.integrations.call(
                integration, event, mapped_headers=deployment.mapped_headers
            )
            reply = self.integrations.reply(integration, event, response) if replies else b""
        except BackendError as error:
            result = result_without_response(error, self._clock.milliseconds_since(started))
            self._refuse(connection, event.context, event.body, error.tells, result)
        else:
            result = result_of(response, integration, self._clock.milliseconds_since(started))
            self._refusals.tell(event.context, result)
            size = size_of(event.body)
            self._journal.record(SocketEntry(event.context, 200, result, byte_count=size))
            send_reply(connection, reply)

    def _refuse(
        self,
        connection: Connection,
        context: EventContext,
        text: str,
        message: GatewayMessage,
        result: IntegrationResult | None = None,
        *,
        validation_error: str = "",
    ) -> None:
        self._journal.record(
            SocketEntry(
                context,
                status_of(message),
                result,
                message,
                byte_count=size_of(text),
                validation_error=validation_error,
            )
        )
        send_error(connection, context, message)

    async def _disconnect(self, connection: Connection, closure: Closure) -> None:
        """Run `$disconnect`; its response has no effect."""
        client = connection.client
        context = client.context(
            EventType.DISCONNECT,
            route_key=DISCONNECT,
            request_id=self._ids.request(),
            requested_at_ms=self._clock.now_ms(),
            closure=closure,
        )
        self._log.note_start(context)
        self._journal.record(SocketEntry(context, 200, await self._call_disconnect(context)))

    async def _call_disconnect(self, context: EventContext) -> IntegrationResult | None:
        stage = self._apis.stage_for_event(context.api_id, context.stage)
        if stage is None or stage.deployment is None:
            return None
        route = stage.deployment.routes.get(DISCONNECT)
        if route is None or route.integration is None:
            return None
        event = Event(context, stage_variables=stage.variables)
        started = self._clock.monotonic()
        try:
            response = await self.integrations.call(
                route.integration, event, mapped_headers=stage.deployment.mapped_headers
            )
        except BackendError as error:
            # Already logged, and there is no client to tell; AWS does not repeat the call either.
            return result_without_response(error, self._clock.milliseconds_since(started))
        result = result_of(response, route.integration, self._clock.milliseconds_since(started))
        self._refusals.tell(context, result)
        return result


def _route_for(deployment: Deployment, text: str) -> DeployedRoute | None:
    key = select_route(deployment.routes, deployment.selection, text)
    return None if key is None else deployment.routes[key]
