"""Calls the integration of a route, and says in the log what a developer has to know."""

from ..core.events import Event
from ..core.integration import ClientSide, Integration, plan_call
from .access_log import problems, quotable
from .backends import BackendAnswer, BackendError, Backends, BackendTimeoutError
from .clock import Clock
from .ids import Ids

__all__ = ["Integrations"]


class Integrations:
    """Tells backends about events.

    Args:
        client_side: how clients reach this gateway.
    """

    def __init__(
        self, backends: Backends, *, client_side: ClientSide, ids: Ids, clock: Clock
    ) -> None:
        self._backends = backends
        self._client_side = client_side
        self._ids = ids
        self._clock = clock

    async def call(
        self, integration: Integration, event: Event, *, mapped_headers: frozenset[str]
    ) -> BackendAnswer:
        """The backend's answer to an event.

        Raises:
            BackendTimeoutError: the backend was too slow; already in the log.
            BackendError: there is no answer; already in the log.
        """
        call = plan_call(
            integration,
            event,
            client_side=self._client_side,
            trace=self._ids.trace(self._clock.now()),
            mapped_headers=mapped_headers,
        )
        place = quotable(call.url.partition("?")[0])
        try:
            return await self._backends.send(call)
        except BackendTimeoutError as error:
            problems.warning(
                "%s of %s: %s at %s. The limit is the integration's TimeoutInMillis.",
                event.context.route_key,
                event.context.api_id,
                error,
                place,
            )
            raise
        except BackendError as error:
            problems.error(
                "%s of %s: no answer from %s (%s). Is the backend running there, "
                "for instance with `manage.py runserver`?",
                event.context.route_key,
                event.context.api_id,
                place,
                quotable(str(error)),
            )
            raise
