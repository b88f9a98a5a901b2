"""The API a client connects to: the project's own record of it, or one that is made for the test."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from zlib import crc32

from ..aws.integration_headers import integration_request_parameters
from ..core.events.expressions import SelectionExpression
from ..core.events.integration import Integration
from ..core.events.parameters import Destination, ParameterMapping, parse_parameters
from ..core.quotas import MAX_INTEGRATION_TIMEOUT_MS
from ..deployment.local_backend import relocate
from ..deployment.specs import routes_below
from ..models import ApiGateway
from ..receiving.page_options import attribute_of, selection_key_of
from .addresses import Address

__all__ = ["BACKEND", "Route", "ServedApi", "serve"]

BACKEND: Final = "https://testserver"
"""The Django that the API calls, by the host name that Django's test environment allows."""

MADE_HERE: Final = "Made by the testing kit."
"""Description of the records that the kit has made."""


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

    record: ApiGateway
    address: Address
    routes: Mapping[str, Route]
    parameters: tuple[ParameterMapping, ...]

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
        return bool(attribute_of(self.address.view, "USE_WS_TOKEN"))

    @property
    def selection_key(self) -> str:
        """The member of a message that names its handler."""
        return selection_key_of(self.address.view)


def serve(address: Address) -> ServedApi:
    """Return the API whose events come to an address; one query, and a second to make a record."""
    record = _find_record(address) or _make_record(address)
    parameters = parse_parameters(integration_request_parameters())
    return ServedApi(record, address, _routes_of(record, address, parameters), parameters)


def _find_record(address: Address) -> ApiGateway | None:
    """Find the record of an API that exists, and whose events come to the address."""
    pinned = _pinned_id(address)
    for record in ApiGateway.objects.exclude(api_id="").order_by("pk"):
        path = unquote(urlsplit(record.target_base_endpoint or "").path)
        if record.api_id == pinned or (not pinned and path == address.base):
            return record
    return None


def _make_record(address: Address) -> ApiGateway:
    digest = f"{crc32(address.base.encode()):08x}"
    record = ApiGateway(
        api_name=f"Testing kit {digest}",
        api_description=MADE_HERE,
        api_id=_pinned_id(address) or f"testing{digest}",
        api_created=True,
        target_base_endpoint=f"{BACKEND}{address.base}",
        provisioning_status=ApiGateway.ProvisioningStatus.DEPLOYED,
    )
    # Not `save()`: a project may allow other hosts only, and AWS has no part in it.
    ApiGateway.objects.bulk_create([record])
    return record if record.pk else ApiGateway.objects.get(api_id=record.api_id)


def _pinned_id(address: Address) -> str:
    return str(attribute_of(address.view, "aws_api_gateway_id") or "")


def _routes_of(
    record: ApiGateway, address: Address, parameters: tuple[ParameterMapping, ...]
) -> dict[str, Route]:
    replies = record.has_route_responses
    urls = {
        route.key: (route.url, route.has_response)
        for route in routes_below(f"{BACKEND}{address.quoted}", have_responses=replies)
    }
    for row in record.additional_routes.order_by("pk"):
        urls[row.route_key] = relocate(row.integration_url, BACKEND), replies
    return {
        key: Route(key, _integration(url, parameters), has_response)
        for key, (url, has_response) in urls.items()
    }


def _integration(url: str, parameters: Iterable[ParameterMapping]) -> Integration:
    return Integration(
        method="POST",
        uri=url,
        timeout_seconds=MAX_INTEGRATION_TIMEOUT_MS / 1000,
        parameters=tuple(parameters),
    )
