"""Addresses with nothing behind them: the response, and the reason for the log."""

from ..http.messages import HttpRequest, HttpResponse, forbidden, no_such_method
from ..http.targets import ForeignHost, Nowhere, SocketTarget
from ..runtime.log import problems, quotable, redacted
from .apis import Apis, Stage

__all__ = ["explain_unknown", "is_served", "refuse_unknown"]


def refuse_unknown(request: HttpRequest, target: Nowhere | ForeignHost) -> HttpResponse:
    """Make the response to a request that leads nowhere, and log the reason."""
    explain_unknown(request, target)
    if isinstance(target, Nowhere) and target.unmatched_route:
        return no_such_method(request.method, target.unmatched_route)
    return forbidden()


def explain_unknown(request: HttpRequest, target: Nowhere | ForeignHost) -> None:
    """Log the reason why nothing is at an address."""
    if isinstance(target, ForeignHost):
        problems.warning(
            "A request for the host %r was refused: this gateway serves loopback names only. "
            "Behind a proxy, start it with --behind-proxy.",
            quotable(target.host),
        )
    else:
        problems.warning("Nothing is at %s: %s.", redacted(request.target), quotable(target.reason))


def is_served(target: SocketTarget, apis: Apis) -> bool:
    """Tell whether clients can open sockets at an address; if not, log the reason."""
    stage = apis.stage(target.api_id, target.stage)
    if stage is None or stage.deployment is None:
        _explain_missing(target, stage, apis)
        return False
    if stage.is_closed_to(by_domain=target.by_domain):
        problems.warning(
            "A client asked for the default endpoint of %s, which DisableExecuteApiEndpoint "
            "closes: use the custom domain name.",
            quotable(target.api_id),
        )
        return False
    return True


def _explain_missing(target: SocketTarget, stage: Stage | None, apis: Apis) -> None:
    name = f"{quotable(target.api_id)}/{quotable(target.stage)}"
    if stage is None:
        problems.warning(
            "A client asked for %s, which does not exist (%s).", name, apis.description()
        )
    else:
        problems.warning(
            "A client asked for %s, to which nothing is deployed: call create_deployment with "
            "this StageName.",
            name,
        )
