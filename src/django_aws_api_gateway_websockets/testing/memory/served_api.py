"""The API a client connects to: the project's own record of it, or one made for the test."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import unquote, urlsplit
from zlib import crc32

from ...aws.integration_headers import integration_request_parameters
from ...core.events.expressions import SelectionExpression
from ...core.events.integration import Integration
from ...core.events.parameters import Destination, ParameterMapping, parse_parameters
from ...core.quotas import MAX_INTEGRATION_TIMEOUT_MS
from ...deployment.local_backend import relocate
from ...deployment.specs import routes_below
from ...models import ApiGateway
from ...receiving.page_options import attribute_of, selection_key_of
from .addresses import Address

__all__ = ["BACKEND", "Route", "ServedApi", "serve"]

BACKEND: Final = "https://testserver"
"""The Django that the API calls, by the host name that Django's test environment allows."""

MADE_HERE: Final = "Made by the testing kit."
"""Description of the records that the kit has made."""

_COLUMNS: Final = (
    "api_id",
    "stage_name",
    "target_base_endpoint",
    "route_selection_expression",
    "has_route_responses",
)
_OF_ROUTES: Final = ("additional_routes__route_key", "additional_routes__integration_url")


@dataclass(slots=True)
class Record:
    """The values that are read of the record of an API."""

    api_id: str
    stage_name: str
    target_base_endpoint: str | None
    route_selection_expression: str
    has_route_responses: bool
    urls: dict[str, str] = field(default_factory=dict)
    """URLs of the additional routes, by their keys."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route as it would be deployed."""

    key: str
    integration: Integration
    replies: bool
    """True when the response goes to the client: the API has a route response."""


@dataclass(frozen=True)
class ServedApi:
    """An API with its routes, as its record and the settings describe it."""

    record: Record
    address: Address
    routes: Mapping[str, Route]
    parameters: tuple[ParameterMapping, ...]

    @property
    def id(self) -> str:
        """The id of the API."""
        return self.record.api_id

    @property
    def stage(self) -> str:
        """The stage that clients connect to."""
        return self.record.stage_name or ApiGateway.DEFAULT_STAGE_NAME

    @cached_property
    def selection(self) -> SelectionExpression:
        """The expression that chooses the route of a message."""
        return SelectionExpression.parse(self.record.route_selection_expression)

    @cached_property
    def mapped_headers(self) -> frozenset[str]:
        """The headers that the API sets itself, so that no client can."""
        mapped = (one for one in self.parameters if one.destination is Destination.HEADER)
        return frozenset(one.name.lower() for one in mapped)

    @property
    def wants_token(self) -> bool:
        """True when the view lets in nobody without a one-time token."""
        return bool(attribute_of(self.address.view, "USE_WS_TOKEN", unknown=True))

    @property
    def selection_key(self) -> str:
        """The member of a message that names its handler."""
        return selection_key_of(self.address.view)


def serve(address: Address) -> ServedApi:
    """Return the API whose events come to an address; one query, and one more to make a record."""
    record = _find_record(address) or _make_record(address)
    parameters = parse_parameters(integration_request_parameters())
    return ServedApi(record, address, _routes_of(record, address, parameters), parameters)


def _find_record(address: Address) -> Record | None:
    """Find the record of an API that exists, and whose events come to the address."""
    pinned = _pinned_id(address)
    for record in _read_records():
        path = unquote(urlsplit(record.target_base_endpoint or "").path)
        if record.api_id and (record.api_id == pinned if pinned else path == address.base):
            return record
    return None


def _read_records() -> Iterator[Record]:
    rows = ApiGateway.objects.order_by("pk", "additional_routes__pk")
    found: dict[int, Record] = {}
    for pk, *columns, key, url in rows.values_list("pk", *_COLUMNS, *_OF_ROUTES):
        values = dict(zip(_COLUMNS, columns, strict=True))
        record = found.setdefault(pk, Record(**values))
        if key is not None:
            record.urls[key] = url
    return iter(found.values())


def _make_record(address: Address) -> Record:
    digest = f"{crc32(address.base.encode()):08x}"
    row = ApiGateway(
        api_name=f"Testing kit {digest}",
        api_description=MADE_HERE,
        api_id=_pinned_id(address) or f"testing{digest}",
        api_created=True,
        target_base_endpoint=f"{BACKEND}{address.base}",
        provisioning_status=ApiGateway.ProvisioningStatus.DEPLOYED,
    )
    # Not `save()`: a project may allow other hosts only, and AWS has no part in it.
    ApiGateway.objects.bulk_create([row])
    return Record(**{name: getattr(row, name) for name in _COLUMNS})


def _pinned_id(address: Address) -> str:
    return str(attribute_of(address.view, "aws_api_gateway_id", unknown="") or "")


def _routes_of(
    record: Record, address: Address, parameters: tuple[ParameterMapping, ...]
) -> dict[str, Route]:
    replies = record.has_route_responses
    routes = routes_below(f"{BACKEND}{address.quoted}", have_responses=replies)
    urls = {route.key: (route.url, route.has_response) for route in routes}
    urls |= {key: (relocate(url, BACKEND), replies) for key, url in record.urls.items()}
    return {
        key: Route(
            key,
            Integration(
                method="POST",
                uri=url,
                timeout_seconds=MAX_INTEGRATION_TIMEOUT_MS / 1000,
                parameters=parameters,
            ),
            bool(has_response),
        )
        for key, (url, has_response) in urls.items()
    }
