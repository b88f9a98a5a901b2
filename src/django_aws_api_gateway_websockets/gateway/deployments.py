"""From the records of the control plane to what the data plane serves.

A deployment is a snapshot: later changes to routes and integrations do not exist for the data plane
until they are deployed (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html).
"""

import copy
from collections.abc import Iterator

from ..core.expressions import SelectionExpression
from ..core.identifiers import ApiId
from ..core.integration import Integration
from ..core.parameters import Destination, parse_parameters
from .apis import Apis, DeployedRoute, Deployment, Stage
from .domains import mappings_by_host
from .records import JsonObject, Record

__all__ = ["Publisher", "take_snapshot"]


def take_snapshot(api: Record) -> JsonObject:
    """Everything of an API that a deployment fixes."""
    return copy.deepcopy(
        {
            "routeSelectionExpression": api.document["routeSelectionExpression"],
            "routes": [
                {**route.document, "hasRouteResponse": bool(route.below("routeresponses"))}
                for route in api.below("routes").values()
            ],
            "integrations": {
                f"integrations/{key}": integration.document
                for key, integration in api.below("integrations").items()
            },
        }
    )


class Publisher:
    """Keeps the data plane's view in step with the records."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis
        self._compiled: dict[tuple[str, str], Deployment] = {}

    def publish(self, root: Record) -> None:
        """Make the data plane serve what the records below `root` say."""
        apis = root.below("apis")
        stages = [stage for api_id, api in apis.items() for stage in self._stages_of(api_id, api)]
        self._apis.replace(stages, mappings_by_host(root))
        existing = {
            (api_id, key) for api_id, api in apis.items() for key in api.below("deployments")
        }
        self._compiled = {key: made for key, made in self._compiled.items() if key in existing}

    def _stages_of(self, api_id: str, api: Record) -> Iterator[Stage]:
        for name, stage in api.below("stages").items():
            deployment_id = stage.document.get("deploymentId")
            yield Stage(
                api_id=ApiId(api_id),
                name=name,
                variables=stage.document.get("stageVariables", {}),
                deployment=self._deployment(api_id, api, deployment_id) if deployment_id else None,
            )

    def _deployment(self, api_id: str, api: Record, deployment_id: str) -> Deployment:
        # A snapshot never changes, so it is compiled once.
        key = (api_id, deployment_id)
        if key not in self._compiled:
            snapshot = api.below("deployments")[deployment_id].snapshot or {}
            self._compiled[key] = _compile(snapshot)
        return self._compiled[key]


def _compile(snapshot: JsonObject) -> Deployment:
    integrations = {
        target: _integration(document) for target, document in snapshot["integrations"].items()
    }
    return Deployment(
        selection=SelectionExpression.parse(snapshot["routeSelectionExpression"]),
        routes={
            route["routeKey"]: DeployedRoute(
                key=route["routeKey"],
                integration=integrations.get(route.get("target")),
                replies=route["hasRouteResponse"],
            )
            for route in snapshot["routes"]
        },
        mapped_headers=frozenset(
            mapping.name.lower()
            for integration in integrations.values()
            for mapping in integration.parameters
            if mapping.destination is Destination.HEADER
        ),
    )


def _integration(document: JsonObject) -> Integration:
    return Integration(
        method=document["integrationMethod"],
        uri=document["integrationUri"],
        timeout_seconds=document["timeoutInMillis"] / 1000,
        parameters=parse_parameters(document.get("requestParameters", {})),
    )
