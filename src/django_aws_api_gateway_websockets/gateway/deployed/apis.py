"""The APIs as the data plane sees them: only what is deployed to a stage."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ...core.client_certificate import ClientCertificate
from ...core.events.expressions import SelectionExpression
from ...core.events.identifiers import ApiId
from ...core.events.integration import Integration
from ...core.events.parameters import RequiredParameter
from ...core.throttling import RateLimit
from .body_models import RouteModels
from .log_settings import OFF, LogLevel, LogSettings

__all__ = ["Apis", "DeployedRoute", "Deployment", "Mappings", "Stage"]


@dataclass(frozen=True, slots=True)
class DeployedRoute:
    """A route as its deployment fixed it."""

    key: str
    integration: Integration | None
    """Integration it leads to; `None` when the route has no target."""
    replies: bool
    """True if the backend's response goes to the client: a route response exists.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
    """
    models: RouteModels | None = None
    """Models for its messages; `None` accepts every message."""
    required: tuple[RequiredParameter, ...] = ()
    """Parameters that a handshake must have; only `$connect` sees one."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """An immutable snapshot of an API."""

    selection: SelectionExpression
    routes: Mapping[str, DeployedRoute]
    mapped_headers: frozenset[str] = field(default=frozenset())
    """Lower-case names of the headers its integrations map; clients cannot set them."""
    is_default_endpoint_disabled: bool = False
    """True if custom domains are the only way in.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-disable-default-endpoint.html
    """


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, with its current deployment and settings."""

    api_id: ApiId
    name: str
    variables: Mapping[str, str]
    deployment: Deployment | None
    """Deployment it points to; `None` until something has been deployed."""
    limits: Mapping[str, RateLimit] = field(default_factory=dict)
    """Throttles of single routes, by their keys."""
    default_limit: RateLimit | None = None
    """Throttle of each of the other routes."""
    log_format: str | None = None
    """Format of its lines in the access log; `None` for the gateway's own format."""
    logging: Mapping[str, LogSettings] = field(default_factory=dict)
    """Settings of the execution log for single routes, by their keys."""
    default_logging: LogSettings = OFF
    """Settings of the execution log for each of the other routes."""
    certificate: ClientCertificate | None = None
    """Certificate that its https backends are shown."""

    def is_closed_to(self, *, by_domain: bool) -> bool:
        """Tell whether no client gets in this way.

        Args:
            by_domain: true if a custom domain name leads here.
        """
        deployment = self.deployment
        return not by_domain and deployment is not None and deployment.is_default_endpoint_disabled

    @property
    def is_logged(self) -> bool:
        """Tell whether the execution log contains anything of it."""
        return any(
            settings.level > LogLevel.OFF
            for settings in (self.default_logging, *self.logging.values())
        )


Mappings: TypeAlias = Mapping[str, tuple[ApiId, str]]
"""API and stage behind each mapping key of a custom domain."""


class Apis:
    """Every stage of every API; the control plane replaces them, all others only read."""

    def __init__(self) -> None:
        self._stages: dict[tuple[str, str], Stage] = {}
        self._domains: Mapping[str, Mappings] = {}
        self._watchers: list[Callable[[], None]] = []
        self.stage_for_event: Callable[[str, str], Stage | None] = self.stage
        """Function that finds the stage as one event meets it; the wiring may replace it."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Call a function after every change from now on."""
        self._watchers.append(changed)

    def replace(
        self, stages: Iterable[Stage], domains: Mapping[str, Mappings] | None = None
    ) -> None:
        """Take over new stages and domains from the control plane.

        Args:
            stages: every stage there is.
            domains: the custom domains by lower-case host name.
        """
        self._stages = {(stage.api_id, stage.name): stage for stage in stages}
        self._domains = domains or {}
        for changed in self._watchers:
            changed()

    def mappings(self, host: str) -> Mappings | None:
        """Return the mappings of a custom domain; `None` for any other host."""
        return self._domains.get(host)

    def stages(self) -> list[Stage]:
        """Return every stage."""
        return list(self._stages.values())

    def stage(self, api_id: str, name: str) -> Stage | None:
        """Return the stage of an API."""
        return self._stages.get((api_id, name))

    def log_format(self, api_id: str, stage_name: str) -> str | None:
        """Return the stage's own format for lines in the access log, if it has one."""
        stage = self._stages.get((api_id, stage_name))
        return None if stage is None else stage.log_format

    def log_settings(self, api_id: str, stage_name: str, route_key: str) -> LogSettings:
        """Return the settings of the execution log for a route."""
        stage = self._stages.get((api_id, stage_name))
        return OFF if stage is None else stage.logging.get(route_key, stage.default_logging)

    def only_api_with(self, stage_name: str) -> ApiId | None:
        """Return the API that has such a stage, if there is exactly one."""
        found = [stage.api_id for stage in self._stages.values() if stage.name == stage_name]
        return found[0] if len(found) == 1 else None

    def description(self) -> str:
        """List the stages in words, for a message about a stage that does not exist."""
        if not self._stages:
            return "no API has a stage yet"
        return "the stages here are " + ", ".join(
            f"{api_id}/{name}" for api_id, name in sorted(self._stages)
        )
