"""The way from the records of the control plane to the values of the data plane.

A deployment is a snapshot: the data plane sees later changes of routes and integrations only when
they are deployed (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html).
"""

import copy
from collections.abc import Iterator

from ...core.events.expressions import SelectionExpression
from ...core.events.identifiers import ApiId
from ...core.events.parameters import Destination, required_parameters
from ..deployed.apis import Apis, DeployedRoute, Deployment, Stage
from ..deployed.body_models import BodyModel, RouteModels
from ..deployed.model_references import SchemasOfApi
from .domains import mappings_by_host
from .integration_documents import integration_from
from .records import JsonObject, Record
from .stage_certificates import certificate_of
from .stage_settings import (
    limits_by_route,
    log_format,
    log_settings,
    log_settings_by_route,
    rate_limit,
)

__all__ = ["Publisher", "take_snapshot"]


def take_snapshot(api: Record) -> JsonObject:
    """Copy everything of an API that a deployment fixes."""
    return copy.deepcopy(
        {
            "routeSelectionExpression": api.document["routeSelectionExpression"],
            "disableExecuteApiEndpoint": api.document["disableExecuteApiEndpoint"],
            "routes": [
                {**route.document, "hasRouteResponse": bool(route.below("routeresponses"))}
                for route in api.below("routes").values()
            ],
            "integrations": {
                f"integrations/{key}": {
                    **integration.document,
                    "responses": [
                        response.document
                        for response in integration.below("integrationresponses").values()
                    ],
                }
                for key, integration in api.below("integrations").items()
            },
            "models": {
                model.document["name"]: model.document["schema"]
                for model in api.below("models").values()
            },
        }
    )


class Publisher:
    """Publisher of the records to the data plane."""

    def __init__(self, apis: Apis) -> None:
        self._apis = apis
        self._compiled: dict[tuple[str, str], Deployment] = {}

    def publish(self, root: Record) -> None:
        """Make the data plane serve the records below `root`."""
        apis = root.below("apis")
        stages = [
            stage for api_id, api in apis.items() for stage in self._stages_of(api_id, api, root)
        ]
        self._apis.replace(stages, mappings_by_host(root))
        existing = {
            (api_id, key) for api_id, api in apis.items() for key in api.below("deployments")
        }
        self._compiled = {key: made for key, made in self._compiled.items() if key in existing}

    def _stages_of(self, api_id: str, api: Record, root: Record) -> Iterator[Stage]:
        for name, stage in api.below("stages").items():
            deployment_id = stage.document.get("deploymentId")
            yield Stage(
                api_id=ApiId(api_id),
                name=name,
                variables=stage.document.get("stageVariables", {}),
                deployment=self._deployment(api_id, api, deployment_id) if deployment_id else None,
                # Settings of a stage take effect at once; they are no part of a deployment.
                limits=limits_by_route(stage.document.get("routeSettings", {})),
                default_limit=rate_limit(stage.document.get("defaultRouteSettings", {})),
                log_format=log_format(stage.document.get("accessLogSettings", {})),
                logging=log_settings_by_route(stage.document),
                default_logging=log_settings(stage.document.get("defaultRouteSettings", {})),
                certificate=certificate_of(stage.document, root),
            )

    def _deployment(self, api_id: str, api: Record, deployment_id: str) -> Deployment:
        # A snapshot never changes, so it is compiled once.
        key = (api_id, deployment_id)
        if key not in self._compiled:
            snapshot = api.below("deployments")[deployment_id].snapshot or {}
            self._compiled[key] = _compile(api_id, snapshot)
        return self._compiled[key]


def _compile(api_id: str, snapshot: JsonObject) -> Deployment:
    integrations = {
        target: integration_from(document) for target, document in snapshot["integrations"].items()
    }
    # States from before there were models have none.
    texts = snapshot.get("models", {})
    siblings = SchemasOfApi(api_id, texts)
    models = {name: BodyModel(schema, siblings) for name, schema in texts.items()}
    return Deployment(
        selection=SelectionExpression.parse(snapshot["routeSelectionExpression"]),
        is_default_endpoint_disabled=snapshot.get("disableExecuteApiEndpoint", False),
        routes={
            route["routeKey"]: DeployedRoute(
                key=route["routeKey"],
                integration=integrations.get(route.get("target")),
                replies=route["hasRouteResponse"],
                models=_models_of(route, models),
                required=required_parameters(route.get("requestParameters", {})),
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


def _models_of(route: JsonObject, models: dict[str, BodyModel]) -> RouteModels | None:
    names, expression = route.get("requestModels") or {}, route.get("modelSelectionExpression")
    if not names and not expression:
        return None
    return RouteModels(
        selection=SelectionExpression.parse(expression) if expression else None,
        by_key={key: models[name] for key, name in names.items() if name in models},
    )
