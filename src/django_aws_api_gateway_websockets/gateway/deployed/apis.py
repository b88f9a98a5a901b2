"""The APIs as the data plane sees them: nothing but what a stage's deployment holds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

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
    """A route as it was when its deployment was made."""

    key: str
    integration: Integration | None
    """`None` when the route has no target."""
    replies: bool
    """Whether the backend's answer goes to the client: a route response exists.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
    """
    models: RouteModels | None = None
    """What its messages have to follow; `None` takes every message."""
    required: tuple[RequiredParameter, ...] = ()
    """What a handshake has to bring; only `$connect` sees one."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """An immutable snapshot of an API."""

    selection: SelectionExpression
    routes: Mapping[str, DeployedRoute]
    mapped_headers: frozenset[str] = field(default=frozenset())
    """Lower-case names of the headers its integrations map; clients cannot set them."""
    is_default_endpoint_disabled: bool = False
    """Whether custom domains are the only way in.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-disable-default-endpoint.html
    """


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage and what it currently points to."""

    api_id: ApiId
    name: str
    variables: Mapping[str, str]
    deployment: Deployment | None
    """`None` until something has been deployed to the stage."""
    limits: Mapping[str, RateLimit] = field(default_factory=dict)
    """Throttles of single routes, by their keys."""
    default_limit: RateLimit | None = None
    """The throttle of each of the other routes."""
    log_format: str | None = None
    """What its lines in the access log look like; `None` for the gateway's own format."""
    logging: Mapping[str, LogSettings] = field(default_factory=dict)
    """What goes into the execution log about single routes, by their keys."""
    default_logging: LogSettings = OFF
    """What goes there about each of the other routes."""

    def is_closed_to(self, *, by_domain: bool) -> bool:
        """Whether nobody gets in this way.

        Args:
            by_domain: whether a custom domain name leads here.
        """
        deployment = self.deployment
        return not by_domain and deployment is not None and deployment.is_default_endpoint_disabled

    @property
    def is_logged(self) -> bool:
        """Whether the execution log has anything of it."""
        return any(
            settings.level > LogLevel.OFF
            for settings in (self.default_logging, *self.logging.values())
        )


Mappings: TypeAlias = Mapping[str, tuple[ApiId, str]]
"""The API and the stage behind each mapping key of a custom domain."""


class Apis:
    """Every stage of every API; the control plane replaces them, everybody else reads."""

    def __init__(self) -> None:
        self._stages: dict[tuple[str, str], Stage] = {}
        self._domains: Mapping[str, Mappings] = {}
        self._watchers: list[Callable[[], None]] = []
        self.stage_for_event: Callable[[str, str], Stage | None] = self.stage
        """Finds the stage as one event meets it; another look-up may be put in its place."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Call this after every change from now on."""
        self._watchers.append(changed)

    def replace(
        self, stages: Iterable[Stage], domains: Mapping[str, Mappings] | None = None
    ) -> None:
        """Take over what the control plane now says.

        Args:
            stages: every stage there is.
            domains: the custom domains by lower-case host name.
        """
        self._stages = {(stage.api_id, stage.name): stage for stage in stages}
        self._domains = domains or {}
        for changed in self._watchers:
            changed()

    def mappings(self, host: str) -> Mappings | None:
        """Where a custom domain leads; `None` for a host that is none."""
        return self._domains.get(host)

    def stages(self) -> list[Stage]:
        """Every stage."""
        return list(self._stages.values())

    def stage(self, api_id: str, name: str) -> Stage | None:
        """The stage with that name of that API."""
        return self._stages.get((api_id, name))

    def log_format(self, api_id: str, stage_name: str) -> str | None:
        """The format a stage has for its lines in the access log, if it has one."""
        stage = self._stages.get((api_id, stage_name))
        return None if stage is None else stage.log_format

    def log_settings(self, api_id: str, stage_name: str, route_key: str) -> LogSettings:
        """What a stage wants in the execution log about a route."""
        stage = self._stages.get((api_id, stage_name))
        return OFF if stage is None else stage.logging.get(route_key, stage.default_logging)

    def only_api_with(self, stage_name: str) -> ApiId | None:
        """The API with such a stage, if there is exactly one."""
        found = [stage.api_id for stage in self._stages.values() if stage.name == stage_name]
        return found[0] if len(found) == 1 else None

    def description(self) -> str:
        """Which stages exist, for somebody who asked for one that does not."""
        if not self._stages:
            return "no API has a stage yet"
        return "the stages here are " + ", ".join(
            f"{api_id}/{name}" for api_id, name in sorted(self._stages)
        )
