"""Values that describe what is wanted in AWS: an API, a route of it, a custom domain."""

from dataclasses import dataclass

__all__ = ["ApiSpec", "DomainSpec", "RouteSpec"]


@dataclass(frozen=True, slots=True)
class ApiSpec:
    """An API as it is wanted, without its routes."""

    name: str
    """Display name in AWS."""
    description: str
    """Text sent as it is."""
    api_key_selection_expression: str
    """Place of the API key in a request."""
    route_selection_expression: str
    """Place of the route key in a message."""
    route_key: str
    """Member of the quick-create form of the call; AWS ignores it for WebSocket APIs."""
    target: str
    """URL sent beside `route_key`."""
    custom_id: str = ""
    """Id to ask for. Only emulators, ours among them, let the caller choose one."""


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One route key and the URL its messages go to."""

    key: str
    """Route key, such as `$connect`."""
    url: str
    """URL API Gateway calls, verbatim."""
    replies: bool
    """True for a route with a route response selection expression."""
    has_response: bool = False
    """True for a route whose clients get the response to a message as a reply."""


@dataclass(frozen=True, slots=True)
class DomainSpec:
    """A custom domain as it is wanted."""

    name: str
    """Host name clients connect to."""
    certificate_arn: str
    """ARN of the certificate for that name."""
    hosted_zone_id: str = ""
    """Id of a Route 53 zone, passed on to AWS when set."""
