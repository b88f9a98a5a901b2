"""The way from AWS to the rows of a gateway."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, models, transaction

from ..aws.clients import client_for
from ..provisioning.actual import (
    RemoteRoute,
    RemoteRoutes,
    has_route_response,
    read_routes,
    read_stage,
)
from .local_backend import address_called
from .progress import check_is_deployed, store, sync_errors_noted
from .rows import GatewayRow, alias_of, table_of
from .specs import API_FIELDS, DEFAULT_ROUTE_KEYS

__all__ = ["pull_gateway"]

SHOWN_CHARACTERS: Final = 64
"""Characters shown of a value that is too long."""


@dataclass(frozen=True, slots=True)
class RemoteApi:
    """An API as AWS has it, in the words of the rows."""

    values: dict[str, str]
    """Columns of the gateway."""
    routes: RemoteRoutes
    """Its routes."""
    has_route_responses: bool | None = None
    """True when clients get the responses to messages; None where AWS does not say."""


def pull_gateway(gateway: GatewayRow, client: Any) -> list[str]:
    """Take AWS's values over into the rows, without validation and without deleting anything.

    A value that does not fit into its column, or that another row has, is left out and reported.

    Args:
        gateway: the row of a deployed API.
        client: boto3 client of `apigatewayv2`; None takes the project's.

    Returns:
        A sentence for each change and each value left out; nothing when both agree.

    Raises:
        ValueError: the API is not deployed.
        ApiGatewaySyncError: AWS refused, or could not be reached.
    """
    check_is_deployed(gateway)
    with sync_errors_noted(gateway):
        # Made in here: a missing region or profile counts as a failure of AWS.
        remote = _read(gateway, client_for() if client is None else client)
    with transaction.atomic(using=alias_of(gateway)):
        return [
            *_take_columns(gateway, remote.values),
            *_take_route_responses(gateway, remote),
            *_take_routes(gateway, remote.routes),
        ]


def _read(gateway: GatewayRow, client: Any) -> RemoteApi:
    api = client.get_api(ApiId=gateway.api_id)
    routes = read_routes(client, gateway.api_id)
    stage = read_stage(client, gateway.api_id, gateway.stage)
    values = {field: api.get(member) for field, member in API_FIELDS.items()}
    values["api_description"] = api.get("Description") or ""
    values["api_endpoint"] = api.get("ApiEndpoint")
    default = routes.find(key="$default")
    if default is not None and default.url:
        values["target_base_endpoint"] = _as_row_has_it(
            gateway.target_base_endpoint or "", default.url.removesuffix("default")
        )
    if stage is not None:
        values["deployment_id"] = stage.deployment_id
        values["stage_description"] = stage.description
    has_responses = (
        None if default is None else has_route_response(client, gateway.api_id, default.route_id)
    )
    # A member AWS does not name stays as it is.
    named = {k: v for k, v in values.items() if isinstance(v, str)}
    return RemoteApi(named, routes, has_responses)


def _as_row_has_it(url: str, remote: str) -> str:
    """Return the URL of the row where the local gateway has that one with the host replaced."""
    return url if address_called(url) == remote else remote


def _take_columns(gateway: GatewayRow, values: dict[str, str]) -> Iterator[str]:
    changes = {}
    for name, value in values.items():
        if value == (getattr(gateway, name) or ""):
            continue
        complaint = _complaint(gateway, name, value)
        if complaint:
            yield f"Left {name} as it is: {complaint}"
        else:
            changes[name] = value
            yield f"Updated {name}"
    if changes:
        store(gateway, **changes)
        gateway.remember_pushed_values()


def _take_route_responses(gateway: GatewayRow, remote: RemoteApi) -> Iterator[str]:
    has_responses = remote.has_route_responses
    if has_responses is not None and has_responses != gateway.has_route_responses:
        store(gateway, has_route_responses=has_responses)
        yield "Updated has_route_responses"


def _complaint(gateway: GatewayRow, name: str, value: str) -> str:
    """Say why the row cannot take a value; "" when it can."""
    gateways = table_of(gateway)
    if problem := _too_long(gateways.model, name, value):
        return problem
    others = gateways.exclude(pk=gateway.pk)
    if name == "api_name" and others.filter(api_name=value).exists():
        return f"another gateway here is called {value} already"
    return ""


def _take_routes(gateway: GatewayRow, remote: RemoteRoutes) -> Iterator[str]:
    rows = list(gateway.additional_routes.order_by("pk"))
    by_id = {row.route_id: row for row in rows if row.route_id}
    by_key = {row.route_key: row for row in rows}
    matched = set()
    for route in remote:
        if route.key in DEFAULT_ROUTE_KEYS:
            continue
        row = by_id.get(route.route_id) or by_key.get(route.key)
        if row is not None:
            matched.add(row.pk)
        yield from _take_route(gateway, row, route)
    for row in rows:
        if row.deployed and row.pk not in matched:
            store(row, deployed=False, route_id="", integration_id="")
            yield f"The {row.route_key} route is not in AWS and is marked as not deployed"


def _take_route(gateway: GatewayRow, row: Any, route: RemoteRoute) -> Iterator[str]:
    rows = gateway.additional_routes
    known_url = getattr(row, "integration_url", "")
    values = {
        "route_key": route.key,
        "integration_url": _as_row_has_it(known_url, route.url) if route.url else known_url,
        "route_id": route.route_id,
        "integration_id": route.integration_id,
        "deployed": True,
    }
    if row is not None and all(getattr(row, name) == value for name, value in values.items()):
        return
    shown = _shortened(route.key)
    problem = (
        _too_long(rows.model, "route_key", route.key)
        or _too_long(rows.model, "integration_url", route.url)
        or ("" if values["integration_url"] else "it calls no URL")
    )
    if not problem:
        try:
            # A savepoint, so that a key the database finds equal to another is only left out.
            with transaction.atomic(using=alias_of(gateway)):
                if row is None:
                    name = route.key[: rows.model._meta.get_field("name").max_length]
                    # `bulk_create`, because `save()` would validate it and create the route in AWS.
                    rows.bulk_create([rows.model(api_gateway=gateway, name=name, **values)])
                else:
                    store(row, **values)
        except IntegrityError:
            problem = "another route here has that key"
    if problem:
        yield f"Left out the {shown} route: {problem}"
    else:
        yield f"{'Added' if row is None else 'Updated'} the {shown} route"


def _too_long(model: type[models.Model], name: str, value: str) -> str:
    longest = getattr(model._meta.get_field(name), "max_length", None)
    if longest is None or len(value) <= longest:
        return ""
    return f"{name} has {len(value)} characters in AWS and {longest} fit here"


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
