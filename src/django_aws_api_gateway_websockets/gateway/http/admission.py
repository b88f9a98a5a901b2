"""Decisions about letting clients in: by their address, and by the number of connections."""

from ..runtime.log import problems
from .messages import HttpRequest, HttpResponse, forbidden, json_response
from .occupancy import Occupancy
from .proxies import Proxies

__all__ = ["PortAdmission", "come_again", "too_many"]

RETRY_AFTER_SECONDS = 5
"""Seconds after which clients may come back that came while the gateway was full or stopping."""


class PortAdmission:
    """Admits clients to the port, as HTTP connections and as sockets of their address."""

    def __init__(self, proxies: Proxies, occupancy: Occupancy) -> None:
        self._proxies = proxies
        self.occupancy = occupancy
        """Count of all connections."""

    def refusal_of(self, peer: str) -> HttpResponse | None:
        """Return the response that refuses an address; `None` for an address that may connect."""
        if not self._proxies.admits(peer):
            problems.warning(
                "%s was refused, because it is not the proxy: if it is one, start the gateway with "
                "--behind-proxy %s.",
                peer,
                peer,
            )
            return forbidden()
        if self.occupancy.is_full:
            problems.warning("%s was refused: --max-connections are open.", peer)
            return come_again()
        if self.occupancy.is_full_for(peer):
            return too_many()
        return None

    def client_of(self, request: HttpRequest, peer: str) -> str:
        """Return the address of the client that made a request."""
        return self._proxies.client_of(request, peer)

    def admits_socket_of(self, address: str) -> bool:
        """Tell whether a client may open one more socket."""
        return not self.occupancy.is_full_for(address)


def come_again() -> HttpResponse:
    """Make the response to a client that comes while the gateway is full or stopping."""
    return HttpResponse(503, (("Retry-After", str(RETRY_AFTER_SECONDS)),))


def too_many() -> HttpResponse:
    """Make the response to handshakes above the account's rate, as users of AWS report it."""
    return json_response(
        429, {"message": "Too Many Requests"}, error_type="TooManyRequestsException"
    )
