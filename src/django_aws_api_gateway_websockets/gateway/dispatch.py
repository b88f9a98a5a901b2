"""Takes events of open connections to their integrations and the answers back.

Messages of one connection run at the same time, up to a bound; past it the connection is not read
from until one has finished. AWS promises no order either ("responses … not necessarily in the same
order"), and a backend that needs one should meet that here.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ..core.closures import MESSAGE_TOO_BIG, Closure
from ..core.context import EventType
from ..core.error_frames import GatewayMessage, error_body
from ..core.events import Event
from ..core.identifiers import ConnectionId, RequestId
from ..core.quotas import MAX_MESSAGE_BYTES
from ..core.routes import DISCONNECT, select_route
from .access_log import access, problems, quotable
from .apis import Apis, DeployedRoute, Deployment, Stage
from .backends import BackendAnswer, BackendError, BackendTimeoutError
from .clock import Clock
from .ids import Ids
from .integrations import Integrations
from .session import Session
from .tasks import Tasks

__all__ = ["Dispatcher"]


@dataclass(slots=True)
class _Inbox:
    """Messages of a connection that wait for their turn."""

    waiting: deque[str] = field(default_factory=deque)
    workers: int = 0


class Dispatcher:
    """The listener of every session.

    Args:
        forget: takes a connection that is over out of the hub.
        limit: messages of one connection that may run at the same time.
    """

    def __init__(
        self,
        apis: Apis,
        integrations: Integrations,
        *,
        tasks: Tasks,
        forget: Callable[[Session], None],
        limit: int,
        ids: Ids,
        clock: Clock,
    ) -> None:
        self._apis = apis
        self._integrations = integrations
        self._tasks = tasks
        self._forget = forget
        self._limit = limit
        self._ids = ids
        self._clock = clock
        # Only connections with a message under way have an inbox: an idle one costs nothing here.
        self._inboxes: dict[ConnectionId, _Inbox] = {}

    def message_received(self, session: Session, text: str) -> None:
        """Start on a message, or let it wait for its turn."""
        inbox = self._inboxes.setdefault(session.client.connection_id, _Inbox())
        inbox.waiting.append(text)
        if inbox.workers < self._limit:
            inbox.workers += 1
            self._tasks.start(self._work(session, inbox))
        else:
            session.hold_reading(is_inbox_full=True)

    def session_closed(self, session: Session, closure: Closure) -> None:
        """Tell the backend, once every message that came before the end has been started.

        Not once they have finished: `$disconnect` may overtake the answer to the last message, on
        AWS as well.
        """
        self._forget(session)
        inbox = self._inboxes.get(session.client.connection_id)
        if inbox is None or not inbox.waiting:
            self._tasks.start(self._disconnect(session, closure))

    async def _work(self, session: Session, inbox: _Inbox) -> None:
        while inbox.waiting:
            text = inbox.waiting.popleft()
            if not inbox.waiting:
                self._inbox_emptied(session)
            try:
                await self._deliver(session, text)
            except Exception:  # noqa: BLE001 - one message must not take the others with it.
                problems.exception("An error in the gateway itself, while delivering a message.")
                self._send_error(session, self._ids.request(), GatewayMessage.INTERNAL_SERVER_ERROR)
        inbox.workers -= 1
        if inbox.workers == 0:
            del self._inboxes[session.client.connection_id]

    def _inbox_emptied(self, session: Session) -> None:
        if session.closure is None:
            session.hold_reading(is_inbox_full=False)
        else:
            # A task starts after the current one waits, so the last message is under way by then.
            self._tasks.start(self._disconnect(session, session.closure))

    async def _deliver(self, session: Session, text: str) -> None:
        client = session.client
        request_id = self._ids.request()
        stage = self._apis.stage(client.api_id, client.stage)
        deployment = None if stage is None else stage.deployment
        route = None if deployment is None else _route_for(deployment, text)
        if stage is None or deployment is None or route is None or route.integration is None:
            self._refuse(session, request_id, deployment=deployment, route=route)
            return
        context = client.context(
            EventType.MESSAGE,
            route_key=route.key,
            request_id=request_id,
            requested_at_ms=self._clock.now_ms(),
            message_id=self._ids.connection(),
        )
        event = Event(context, body=text, stage_variables=stage.variables)
        try:
            answer = await self._integrations.call(
                route.integration, event, mapped_headers=deployment.mapped_headers
            )
        except BackendTimeoutError:
            self._send_error(session, request_id, GatewayMessage.TIMED_OUT)
        except BackendError:
            self._send_error(session, request_id, GatewayMessage.INTERNAL_SERVER_ERROR)
        else:
            access.info(
                "MESSAGE %s %s %d bytes %d",
                client.connection_id,
                quotable(route.key),
                len(text),
                answer.status,
            )
            if route.replies:
                _reply(session, answer)

    def _refuse(
        self,
        session: Session,
        request_id: RequestId,
        *,
        deployment: Deployment | None,
        route: DeployedRoute | None,
    ) -> None:
        """Tell the client and the developer why a message went nowhere."""
        api_id, stage = session.client.api_id, session.client.stage
        if deployment is None:
            problems.warning("A message found nothing deployed to %s/%s.", api_id, stage)
            self._send_error(session, request_id, GatewayMessage.INTERNAL_SERVER_ERROR)
        elif route is None:
            problems.warning(
                "No route of %s/%s takes a message and there is no $default. The routes are: %s.",
                api_id,
                stage,
                ", ".join(sorted(deployment.routes)),
            )
            self._send_error(session, request_id, GatewayMessage.FORBIDDEN)
        else:
            problems.warning(
                "The route %r of %s/%s has no target: create it with Target='integrations/ID'.",
                route.key,
                api_id,
                stage,
            )
            self._send_error(session, request_id, GatewayMessage.INTERNAL_SERVER_ERROR)

    def _send_error(self, session: Session, request_id: RequestId, message: GatewayMessage) -> None:
        access.info("MESSAGE %s %s", session.client.connection_id, message)
        if session.is_open:
            session.send(
                error_body(
                    message, connection_id=session.client.connection_id, request_id=request_id
                )
            )

    async def _disconnect(self, session: Session, closure: Closure) -> None:
        """Run `$disconnect`; its answer is of no consequence."""
        client = session.client
        access.info(
            "DISCONNECT %s %d %s", client.connection_id, closure.code, quotable(closure.reason)
        )
        stage = self._apis.stage(client.api_id, client.stage)
        if stage is None or stage.deployment is None:
            return
        route = stage.deployment.routes.get(DISCONNECT)
        if route is None or route.integration is None:
            return
        event = _end_of(session, stage, self._ids.request(), self._clock.now_ms())
        try:
            await self._integrations.call(
                route.integration, event, mapped_headers=stage.deployment.mapped_headers
            )
        except BackendError:
            # Already in the log, and nobody is left to tell: AWS does not repeat it either.
            return


def _route_for(deployment: Deployment, text: str) -> DeployedRoute | None:
    key = select_route(deployment.routes, deployment.selection, text)
    return None if key is None else deployment.routes[key]


def _reply(session: Session, answer: BackendAnswer) -> None:
    """Pass an answer's body on, whatever its status; an empty one stays unsent.

    A proxy integration's body becomes the message, status and headers have no place in one. Whether
    AWS sends an empty frame for an empty body is contested; no frame is what was measured.
    """
    if not session.is_open or not answer.body:
        return
    if len(answer.body) > MAX_MESSAGE_BYTES:
        problems.error(
            "A backend answered a message with %d bytes; the limit is %d.",
            len(answer.body),
            MAX_MESSAGE_BYTES,
        )
        session.close(MESSAGE_TOO_BIG)
    else:
        session.send(answer.body)


def _end_of(session: Session, stage: Stage, request_id: RequestId, now_ms: int) -> Event:
    return Event(
        session.client.context(
            EventType.DISCONNECT,
            route_key=DISCONNECT,
            request_id=request_id,
            requested_at_ms=now_ms,
            closure=session.closure,
        ),
        stage_variables=stage.variables,
    )
