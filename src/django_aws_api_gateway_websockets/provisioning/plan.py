"""The steps that lead from a route in AWS to the desired one, as values with a sentence each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from .actual import RemoteRoute
from .desired import RouteSpec

__all__ = ["CreateRoute", "PointRoute", "RenameRoute", "RouteStep", "plan_route"]


@dataclass(frozen=True, slots=True)
class CreateRoute:
    """The creation of a missing route."""

    route: RouteSpec
    """The route as it is wanted."""

    @property
    def sentence(self) -> str:
        """The step in words."""
        return f"Created the {self.route.key} route"


@dataclass(frozen=True, slots=True)
class PointRoute:
    """The change of the URL a route calls."""

    remote: RemoteRoute
    """The route as AWS has it."""
    route: RouteSpec
    """The route as it is wanted."""
    sentence_has_url: bool
    """True when `sentence` contains the URL."""

    @property
    def sentence(self) -> str:
        """The step in words."""
        where = self.route.url if self.sentence_has_url else "its new URL"
        return f"Pointed the {self.route.key} route at {where}"


@dataclass(frozen=True, slots=True)
class RenameRoute:
    """The change of a route's key."""

    remote: RemoteRoute
    """The route as AWS has it."""
    key: str
    """The key it gets."""

    @property
    def sentence(self) -> str:
        """The step in words."""
        return f"Renamed the {self.remote.key} route"


RouteStep: TypeAlias = CreateRoute | PointRoute | RenameRoute


def plan_route(
    route: RouteSpec, remote: RemoteRoute | None, *, sentence_has_url: bool = False
) -> Iterator[RouteStep]:
    """Yield the steps from `remote` to `route`; none when they agree."""
    if remote is None:
        yield CreateRoute(route)
        return
    if remote.url != route.url:
        yield PointRoute(remote, route, sentence_has_url)
    if remote.key != route.key:
        yield RenameRoute(remote, route.key)
