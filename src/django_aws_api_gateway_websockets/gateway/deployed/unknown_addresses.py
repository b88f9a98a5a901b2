"""Requests for addresses where nothing is: the response, and the reason for whoever reads the log.

A file of its own, because handshakes and all other requests come here.
"""

from ..http.messages import HttpRequest, HttpResponse, forbidden, no_such_method
from ..http.targets import ForeignHost, Nowhere
from ..runtime.log import problems, quotable, redacted

__all__ = ["explain_unknown", "refuse_unknown"]


def refuse_unknown(request: HttpRequest, target: Nowhere | ForeignHost) -> HttpResponse:
    """Make the response to a request that leads nowhere, and say in the log why it does."""
    explain_unknown(request, target)
    if isinstance(target, Nowhere) and target.unmatched_route:
        return no_such_method(request.method, target.unmatched_route)
    return forbidden()


def explain_unknown(request: HttpRequest, target: Nowhere | ForeignHost) -> None:
    """Say in the log why nothing is at an address."""
    if isinstance(target, ForeignHost):
        problems.warning(
            "A request for the host %r was refused: this gateway serves loopback names only. "
            "Behind a proxy, start it with --behind-proxy.",
            quotable(target.host),
        )
    else:
        problems.warning("Nothing is at %s: %s.", redacted(request.target), quotable(target.reason))
