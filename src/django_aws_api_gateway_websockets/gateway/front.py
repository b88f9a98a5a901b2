"""The front of a gateway, which gives every request to the part it is for."""

from collections.abc import Coroutine

from .connections.management_api import Calls
from .control_plane.control_api import ControlApi
from .deployed.address_resolver import AddressResolver
from .deployed.unknown_addresses import refuse_unknown
from .events.handshake_refusals import upgrade_required
from .events.upgrade import Upgrade
from .http.admission import PortAdmission
from .http.connection import HttpConnection
from .http.messages import HttpRequest, HttpResponse, HttpStream, forbidden
from .http.origins import comes_from_another_site
from .http.short_way import ShortWay
from .http.targets import (
    ConnectionTarget,
    ControlTarget,
    ForeignHost,
    Nowhere,
    OperationsTarget,
    SocketTarget,
)
from .operations.api import OperationsApi
from .runtime.tasks import Tasks

__all__ = ["Front"]


class Front:
    """The application behind every connection that speaks HTTP."""

    def __init__(
        self,
        addresses: AddressResolver,
        admission: PortAdmission,
        tasks: Tasks,
        *,
        upgrade: Upgrade,
        calls: Calls,
        control_api: ControlApi,
        operations_api: OperationsApi,
    ) -> None:
        self.connections: set[HttpConnection] = set()
        self.occupancy = admission.occupancy
        self.short_way: ShortWay | None = None
        self.calls = calls
        """Responder to calls of `@connections`; the wiring may replace it."""
        self.refusal_of = admission.refusal_of
        self.run = tasks.start
        self._admission = admission
        self._addresses = addresses
        self._upgrade = upgrade
        self._control_api = control_api
        self._operations_api = operations_api

    def respond(
        self, request: HttpRequest
    ) -> HttpResponse | HttpStream | Coroutine[None, None, HttpResponse]:
        """Return the response to a request, or a coroutine where the response needs waiting."""
        match self._addresses.target_of(request):
            case ConnectionTarget() as target:
                return self._respond_to_call(request, target)
            case OperationsTarget(segments):
                return self._operations_api.respond(request, segments)
            case ControlTarget() as target if not comes_from_another_site(request):
                return self._control_api.respond(request, target)
            case SocketTarget() as target:
                if self._addresses.serves(target):
                    return upgrade_required()
            case Nowhere() | ForeignHost() as target:
                return self._respond_from_nowhere(request, target)
        return forbidden()

    def open_socket(self, request: HttpRequest, http_connection: HttpConnection) -> None:
        """Start a handshake."""
        address = self._admission.client_of(request, http_connection.client_host)
        http_connection.client_host = address
        self._upgrade.begin(request, self._addresses.target_of(request), http_connection)

    def _respond_to_call(
        self, request: HttpRequest, target: ConnectionTarget
    ) -> HttpResponse | Coroutine[None, None, HttpResponse]:
        response = self.calls.respond(request, target)
        if self.short_way is None or not isinstance(response, HttpResponse):
            return response
        return self.short_way.announced(request, target, response)

    def _respond_from_nowhere(
        self, request: HttpRequest, target: Nowhere | ForeignHost
    ) -> HttpResponse:
        response = refuse_unknown(request, target)
        _, name, connection_id = request.path.rpartition("/@connections/")
        return self.calls.refused(request, connection_id, response) if name else response
