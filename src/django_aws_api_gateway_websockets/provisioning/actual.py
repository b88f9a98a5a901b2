"""The parts of an API as AWS has them, read page by page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from .failures import is_not_found

__all__ = [
    "RemoteRoute",
    "RemoteRoutes",
    "RemoteStage",
    "has_route_response",
    "id_from",
    "integration_id_of",
    "list_integrations",
    "list_routes",
    "pages",
    "read_routes",
    "read_stage",
]

PAGE_SIZE: Final = "100"
"""Value of `MaxResults`, which is text in this API."""

MAX_ID_CHARACTERS: Final = 32
_TARGET_PREFIX: Final = "integrations/"


@dataclass(frozen=True, slots=True)
class RemoteRoute:
    """A route as AWS has it."""

    key: str
    """Route key."""
    route_id: str
    """Id of the route."""
    integration_id: str
    """Id of the integration it leads to; "" for none."""
    url: str
    """URL the integration calls; "" when it calls none or the integrations were not read."""


@dataclass(frozen=True, slots=True)
class RemoteStage:
    """A stage as AWS has it."""

    deployment_id: str
    """Id of the deployment it serves; "" while it serves none."""
    description: str
    """Description of that deployment."""
    serves_nothing: bool = False
    """True for a stage that has no deployment."""


class RemoteRoutes:
    """The routes of one API, found by id or by key."""

    def __init__(self, routes: list[RemoteRoute]) -> None:
        self._by_id = {route.route_id: route for route in routes}
        self._by_key = {route.key: route for route in routes}

    def __iter__(self) -> Iterator[RemoteRoute]:
        return iter(self._by_key.values())

    def find(self, *, route_id: str = "", key: str = "") -> RemoteRoute | None:
        """Return the route with this id, else the one with this key."""
        return self._by_id.get(route_id) or self._by_key.get(key)


def list_routes(
    client: Any, api_id: str, *, page_size: str | None = PAGE_SIZE
) -> list[dict[str, Any]]:
    """Return every route of the API, as AWS describes it."""
    return _list(client.get_routes, api_id, page_size)


def list_integrations(
    client: Any, api_id: str, *, page_size: str | None = PAGE_SIZE
) -> list[dict[str, Any]]:
    """Return every integration of the API, as AWS describes it."""
    return _list(client.get_integrations, api_id, page_size)


def read_routes(client: Any, api_id: str, *, with_urls: bool = True) -> RemoteRoutes:
    """Return the routes of the API, each with the URL it calls.

    Args:
        client: boto3 client of `apigatewayv2`.
        api_id: id of the API.
        with_urls: read the integrations too; without them every URL is "".
    """
    routes = list_routes(client, api_id)
    integrations = list_integrations(client, api_id) if with_urls else []
    urls = {item["IntegrationId"]: item.get("IntegrationUri", "") for item in integrations}
    return RemoteRoutes(
        [
            RemoteRoute(
                key=item["RouteKey"],
                route_id=item["RouteId"],
                integration_id=integration_id_of(item),
                url=urls.get(integration_id_of(item), ""),
            )
            for item in routes
        ]
    )


def has_route_response(client: Any, api_id: str, route_id: str) -> bool | None:
    """Tell whether clients get the responses to messages of a route; None where AWS does not say.

    A project's double of a client may know no such call, or say nothing of the kind.
    """
    ask = getattr(client, "get_route_responses", None)
    items = ask(ApiId=api_id, RouteId=route_id).get("Items") if ask is not None else None
    return bool(items) if isinstance(items, list) else None


def read_stage(client: Any, api_id: str, stage_name: str) -> RemoteStage | None:
    """Return the stage of that name; None when there is none."""
    try:
        stage = client.get_stage(ApiId=api_id, StageName=stage_name)
        deployment_id = stage.get("DeploymentId") or ""
        if not deployment_id:
            # AWS names the stage in any response; a project's double may say nothing at all.
            return RemoteStage("", description="", serves_nothing="StageName" in stage)
        deployment = client.get_deployment(ApiId=api_id, DeploymentId=deployment_id)
    except ClientError as error:
        if not is_not_found(error):
            raise
        return None
    return RemoteStage(deployment_id, deployment.get("Description") or "")


def integration_id_of(route: Mapping[str, Any]) -> str:
    """Return the id of the integration a route of AWS leads to; "" when it leads to none."""
    target = str(route.get("Target") or "")
    return target.removeprefix(_TARGET_PREFIX) if target.startswith(_TARGET_PREFIX) else ""


def id_from(response: Mapping[str, Any], name: str) -> str:
    """Take an id out of a response.

    AWS's ids have some ten characters. A test double may give an object with a long name instead,
    which must not be too long for the columns ids are kept in.
    """
    return str(response[name])[:MAX_ID_CHARACTERS]


def pages(call: Any, **arguments: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the items of a listing call, page by page."""
    token: str | None = None
    while True:
        response = call(**arguments, **({"NextToken": token} if token else {}))
        items = response.get("Items")
        # A test double may return objects that are neither lists nor texts, and its pages would
        # never end; nor would those of a service that returns the token it was given.
        yield items if isinstance(items, list) else []
        following = response.get("NextToken")
        if not isinstance(following, str) or not following or following == token:
            return
        token = following


def _list(call: Any, api_id: str, page_size: str | None) -> list[dict[str, Any]]:
    options = {} if page_size is None else {"MaxResults": page_size}
    return [item for page in pages(call, ApiId=api_id, **options) for item in page]
