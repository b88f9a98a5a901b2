"""The way of the events of a gateway's connections to their backends, from end to end.

handshakes ─▶ Upgrade ──────────────────────────────────────────╮
messages   ─▶ Traffic ─▶ FloodGuard, if wanted ─▶ Dispatcher ─▶ IntegrationCaller ─▶ Backends
"""

from dataclasses import dataclass

from ...core.events.integration import ClientSide
from ..connections.hub import Hub
from ..deployed.apis import Apis
from ..deployed.throttles import Throttles
from ..http.admission import PortAdmission
from ..integrations.backends import Backends
from ..integrations.caller import IntegrationCaller
from ..journal.instruments import Instruments
from .dispatch import Dispatcher
from .flood_guard import FloodGuard
from .history import History
from .traffic import Traffic
from .upgrade import Upgrade

__all__ = ["EventPath", "MessageLimits"]


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """Limits for the messages of each connection."""

    in_flight: int
    """Number of messages that may run at the same time."""
    per_second: float
    """Number of messages that may come in a second; 0 for no limit."""


class EventPath:
    """The parts on the way, each of which knows the next one.

    Args:
        client_side: the address at which clients reach this gateway.
    """

    def __init__(
        self,
        apis: Apis,
        hub: Hub,
        *,
        client_side: ClientSide,
        admission: PortAdmission,
        throttles: Throttles,
        limits: MessageLimits,
        instruments: Instruments,
    ) -> None:
        self.backends = Backends()
        self.integrations = IntegrationCaller(
            self.backends, client_side=client_side, instruments=instruments
        )
        self.dispatcher = Dispatcher(
            apis,
            self.integrations,
            throttles=throttles,
            limit=limits.in_flight,
            instruments=instruments,
        )
        self.history = History(instruments.clock)
        self.traffic = Traffic(
            self.dispatcher,
            hub=hub,
            occupancy=admission.occupancy,
            metrics=instruments.metrics,
            history=self.history,
        )
        self.before_dispatcher = self._guarded(limits.per_second, instruments)
        self.upgrade = Upgrade(
            apis,
            hub,
            self.integrations,
            listener=self.traffic,
            throttles=throttles,
            instruments=instruments,
            admits=admission.admits_socket_of,
        )

    def _guarded(self, per_second: float, instruments: Instruments) -> Traffic | FloodGuard:
        """Put a guard before the dispatcher if there is a limit; return the listener before it."""
        if not per_second:
            return self.traffic
        guard = FloodGuard(self.dispatcher, per_second=per_second, instruments=instruments)
        self.traffic.following = guard
        return guard
