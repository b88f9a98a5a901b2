"""An integration, and the call it makes for an event.

`HTTP_PROXY` hands on what the client sent; `HTTP` sends what its templates and mappings say and
nothing else; `MOCK` calls nobody.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

from ..client_certificate import ClientCertificate
from ..handshake import forwardable_headers
from .context import EventType
from .event import Event
from .parameters import Destination, ParameterMapping
from .transformations import IntegrationResponse, RequestTransformation

__all__ = [
    "STAGE_VARIABLE",
    "ClientSide",
    "Integration",
    "IntegrationCall",
    "IntegrationKind",
    "plan_call",
]

STAGE_VARIABLE: Final = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
"""A stage variable that a URI names."""


class IntegrationKind(StrEnum):
    """Kinds of integrations, by what they call and what they make of the response."""

    HTTP_PROXY = "HTTP_PROXY"
    """An HTTP endpoint that gets the message, and whose body goes back, as they are."""
    HTTP = "HTTP"
    """An HTTP endpoint behind templates in both directions."""
    MOCK = "MOCK"
    """Nothing: a template decides the status."""


@dataclass(frozen=True, slots=True)
class Integration:
    """An integration as it was deployed."""

    method: str
    uri: str
    """May hold `${stageVariables.NAME}`."""
    timeout_seconds: float
    parameters: tuple[ParameterMapping, ...] = ()
    kind: IntegrationKind = IntegrationKind.HTTP_PROXY
    request: RequestTransformation = field(default_factory=RequestTransformation)
    responses: tuple[IntegrationResponse, ...] = ()
    """Only those that are no proxy have any."""

    @property
    def is_proxy(self) -> bool:
        """True when a client gets the response's body as it is."""
        return self.kind is IntegrationKind.HTTP_PROXY


@dataclass(frozen=True, slots=True)
class ClientSide:
    """The client's side of a connection, for the X-Forwarded headers."""

    scheme: str
    port: int


class IntegrationCall(NamedTuple):
    """One HTTP request to a backend."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    """Octets read as ISO-8859-1, as they have to travel."""
    body: bytes
    timeout_seconds: float
    certificate: ClientCertificate | None = None
    """Certificate to show, if the backend is reached by TLS."""


def plan_call(
    integration: Integration,
    event: Event,
    *,
    client_side: ClientSide,
    trace: str,
    mapped_headers: frozenset[str],
) -> IntegrationCall:
    """The request that tells a backend about an event.

    Args:
        trace: value of X-Amzn-Trace-Id.
        mapped_headers: lower-case names of the headers any integration of the deployment maps; a
            client cannot set them.

    Raises:
        TemplateError: the body cannot be made.
    """
    body = _body_for(integration, event)
    url = _url_for(integration, event)
    mapped = _mapped_headers(integration, event)
    headers = [
        ("Host", _host_of(url)),
        *_gateway_headers(integration, event, client_side, trace),
        *_client_headers(integration, event, mapped_headers),
    ]
    # A mapping may overwrite what would be forwarded: mapping '0' onto Sec-WebSocket-Version is the
    # known cure for backends that choke on it.
    overwritten = {name.lower() for name, _ in mapped}
    kept = [(name, value) for name, value in headers if name.lower() not in overwritten]
    return IntegrationCall(
        method=integration.method,
        url=url,
        headers=(*kept, ("Content-Length", str(len(body))), *mapped),
        body=body,
        timeout_seconds=integration.timeout_seconds,
    )


def _mapped_headers(integration: Integration, event: Event) -> list[tuple[str, str]]:
    return [
        (mapping.name, _octets(value))
        for mapping in integration.parameters
        if mapping.destination is Destination.HEADER
        and (value := mapping.value_for(event)) is not None
    ]


def _body_for(integration: Integration, event: Event) -> bytes:
    # Seen on AWS: an integration that is no proxy sends no body with GET.
    if integration.method == "GET" and not integration.is_proxy:
        return b""
    return integration.request.body_for(event)


def _gateway_headers(
    integration: Integration, event: Event, client_side: ClientSide, trace: str
) -> list[tuple[str, str]]:
    """Return the headers by which every event tells of the gateway and of the client.

    AWS was seen to add X-Forwarded-* on `$connect`; a backend behind it needs them on every route
    (it gets them from its own load balancer there), so they are sent on every route here. AWS says
    `https` and 443; this says what is true, because Django's checks of Origin and CSRF compare
    scheme and port. AWS sends no X-Real-Ip, and neither does this.
    """
    context = event.context
    headers = [
        ("X-Forwarded-For", context.source_ip),
        ("X-Forwarded-Port", str(client_side.port)),
        ("X-Forwarded-Proto", client_side.scheme),
        ("User-Agent", _user_agent(integration, event)),
        ("X-Amzn-Apigateway-Api-Id", context.api_id),
        ("X-Amzn-Trace-Id", trace),
    ]
    if context.event_type is EventType.MESSAGE:
        # Seen on AWS in 2020 with the non-proxy kind; undocumented, so no backend may rely on it.
        headers += [("Content-Type", "application/json"), ("Accept", "application/json")]
    return headers


def _host_of(url: str) -> str:
    """Host and port of a URL, whatever stage variables have made of it."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]


def _octets(text: str) -> str:
    """A text as the octets of its UTF-8, which is what backends read headers as."""
    return text.encode().decode("latin-1")


def _user_agent(integration: Integration, event: Event) -> str:
    """The client's own where a proxy hands it on, seen from browsers; else the gateway's."""
    own = f"AmazonAPIGateway_{event.context.api_id}"
    return _octets((integration.is_proxy and event.context.user_agent) or own)


def _client_headers(
    integration: Integration, event: Event, mapped_headers: frozenset[str]
) -> list[tuple[str, str]]:
    """The handshake's own headers: cookies, Origin, Sec-WebSocket-* and whatever else it sent.

    Only a proxy hands them on: anything else sends what is mapped.
    """
    if event.handshake is None or not integration.is_proxy:
        return []
    return [
        (name, value)
        for name, value in forwardable_headers(event.handshake.headers, mapped_headers)
        if name.lower() != "user-agent"
    ]


def _url_for(integration: Integration, event: Event) -> str:
    url = integration.uri
    if "$" in url:
        url = STAGE_VARIABLE.sub(lambda found: event.stage_variables.get(found[1], ""), url)
    # The handshake's query reaches a proxied backend on $connect only, undecoded.
    queries: list[str] = []
    if integration.is_proxy and event.handshake and event.handshake.raw_query:
        queries.append(event.handshake.raw_query)
    for mapping in integration.parameters:
        if mapping.destination is Destination.HEADER:
            continue
        value = mapping.value_for(event)
        if mapping.destination is Destination.PATH:
            url = url.replace(f"{{{mapping.name}}}", quote(value or "", safe=""))
        elif value is not None:
            queries.append(f"{quote_plus(mapping.name)}={quote_plus(value)}")
    if not queries:
        return url
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(queries)}"
