"""The project's APIs in the local gateway: records that follow the URLs, registered as they are.

A new project has no record. Each routed view gets one then, which is ours to keep in step with the
URLs. A record that a person made is never changed: a line says what is wrong with it.
"""

import re
from collections.abc import Iterator
from itertools import chain, count
from typing import Final
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError

from ..conf import get_local_gateway_address
from ..deployment import is_in_gateway, register_gateway
from ..models import ApiGateway, get_boto3_client
from ..receiving.called_paths import explain_base_path, find_called_paths, find_match
from ..receiving.routed_views import RoutedView, find_socket_views

__all__ = ["follow_urls", "path_of", "register_apis", "register_records"]

MADE_HERE: Final = "Made for the local gateway."
"""Description of the records that nobody has made by hand."""

_LONGEST_ID: Final = 32


def register_apis(backend_url: str) -> Iterator[str]:
    """Make the local gateway serve every API of the project, and yield a line for each.

    While nobody has made a record by hand, each routed view has one of ours.

    Args:
        backend_url: scheme, host and port the integrations are to call; paths stay as they are.
    """
    lines = [*follow_urls(backend_url), *register_records(backend_url, explained=True)]
    yield from lines
    if not lines:
        yield (
            "No API was registered: route a WebSocketView with a slug named 'route', such as "
            "path('ws/<slug:route>', MyView.as_view()), and start again."
        )


def register_records(backend_url: str, *, explained: bool = False) -> Iterator[str]:
    """Register each record under the id it has, and yield a line for each.

    Args:
        backend_url: as above.
        explained: look the addresses up in the URLs, too; a process that does not serve has them
            as they were when it started.
    """
    for gateway in ApiGateway.objects.order_by("pk"):
        if not gateway.target_base_endpoint:
            yield f"{gateway.api_name} has no target_base_endpoint and was left out."
            continue
        if gateway.needs_api_creation:
            gateway.create_gateway()
        register_gateway(gateway, get_boto3_client(), backend_url)
        problem = explain_base_path(path_of(gateway)) if explained else ""
        if problem:
            yield (
                f"{gateway.api_name} is in the gateway at {gateway.websocket_url()}, but nobody "
                f"can connect: {problem}. Its target_base_endpoint must be the address of a "
                "WebSocketView without its route: change it, or delete the record."
            )
        else:
            yield f"{gateway.api_name} is served at {gateway.websocket_url()}."
        if explained:
            yield from _explain_routes(gateway)


def _explain_routes(gateway: ApiGateway) -> Iterator[str]:
    """Yield a line for each additional route that calls what is not there; any view may be."""
    for route in gateway.additional_routes.order_by("pk"):
        path = unquote(urlsplit(route.integration_url).path)
        if find_match(path) is None:
            yield (
                f"Messages for the route {route.route_key} of {gateway.api_name} are lost: no URL "
                f"matches '{path}'. Change the route's integration_url, or delete the route."
            )


def follow_urls(backend_url: str) -> Iterator[str]:
    """Bring the records that nobody has made by hand in line with the URLs.

    Args:
        backend_url: as above.

    Yields:
        A line for each view that nobody can connect to.
    """
    found = [(view, find_called_paths(view)) for view in find_socket_views()]
    classes = [view.view_class for view, _ in found]
    with_address = {view.view_class for view, called in found if called.base}
    records = list(ApiGateway.objects.order_by("pk"))
    are_ours = all(record.api_description == MADE_HERE for record in records)
    served = {path_of(record) for record in records}
    for view, called in found:
        if not called.base:
            is_served = view.view_class in with_address or _is_reached(view, served)
            # Beside records made by hand, a view without the slug is an additional route's.
            if not is_served and (view.has_route_slug or are_ours):
                yield f"{view.view_class.__name__} is not served: {called.problem}. {called.hint}"
        elif unquote(called.base) in served:
            continue
        elif are_ours:
            yield from _give_record(view, f"{backend_url}{called.base}", classes)
        elif any(served):
            yield (
                f"{view.view_class.__name__} is not served: no ApiGateway has the "
                f"target_base_endpoint {backend_url}{called.base}. Create one in the admin if "
                "clients are to connect to it."
            )


def _is_reached(view: RoutedView, paths: set[str]) -> bool:
    return any(path and not explain_base_path(path, view.view_class) for path in paths)


def _give_record(view: RoutedView, endpoint: str, classes: list[type]) -> Iterator[str]:
    """Let a record of ours lead to the view: the one it had at another URL, or a new one."""
    name = _api_name(view.view_class)
    moved = _find_left_behind(name, {_api_name(one) for one in classes})
    if moved is not None:
        # Not `save()`: the gateway is told right after this.
        new_name = moved.api_name if _without_number(moved.api_name) == name else _free_name(name)
        rows = ApiGateway.objects.filter(pk=moved.pk)
        rows.update(target_base_endpoint=endpoint, api_name=new_name)
        return
    try:
        _create_record(_free_name(name), endpoint)
    except ValidationError as error:
        yield f"{view.view_class.__name__} is not served: {' '.join(error.messages)}"


def _find_left_behind(name: str, names: set[str]) -> ApiGateway | None:
    """Find the record of ours this view had before its URL, or its name, was another."""
    ours = ApiGateway.objects.filter(api_description=MADE_HERE).order_by("pk")
    left = [record for record in ours if explain_base_path(path_of(record))]
    by_name = [record for record in left if _without_number(record.api_name) == name]
    renamed = [record for record in left if _without_number(record.api_name) not in names]
    return next(iter([*by_name, *renamed]), None)


def _create_record(name: str, endpoint: str) -> None:
    record = ApiGateway(api_name=name, api_description=MADE_HERE, target_base_endpoint=endpoint)
    api_id = _api_id(name)
    is_taken = ApiGateway.objects.filter(api_id=api_id).exists()
    if not is_taken and not is_in_gateway(api_id, get_boto3_client()):
        # An id that can be read: the address is the same on every machine and in every document.
        base = get_local_gateway_address().as_seen_from("")
        record.api_id, record.api_created = api_id, True
        record.api_endpoint = f"{base}/_aws/execute-api/{api_id}"
        record.provisioning_status = ApiGateway.ProvisioningStatus.DEPLOYED
    record.save(push_to_aws=False)


def _free_name(name: str) -> str:
    taken = set(ApiGateway.objects.values_list("api_name", flat=True))
    numbered = (f"{name} {number}" for number in count(2))
    return next(text for text in chain([name], numbered) if text not in taken)


def path_of(record: ApiGateway) -> str:
    """Return the path of the address to which a record's API appends the names of events."""
    return unquote(urlsplit(record.target_base_endpoint or "").path)


def _api_name(view_class: type) -> str:
    # Python's names may have letters that AWS's may not have.
    return re.sub(r"[^A-Za-z0-9_]", "", view_class.__name__) or "WebSocketView"


def _api_id(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:_LONGEST_ID].strip("-") or "api"


def _without_number(name: str) -> str:
    return re.sub(r" \d+$", "", name)
