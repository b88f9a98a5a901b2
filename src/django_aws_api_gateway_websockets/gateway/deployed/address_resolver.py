"""The resolver of HTTP addresses, which finds the part of the gateway that a request is for.

The route that takes a message is no matter of addresses: `core/events/routes` chooses it.

/v2/apis/…                                         control plane
/account, /vpclinks, …                             the same, signed for the service `apigateway`
/_gateway/…                                        operations: health, metrics, live page, weather
/_aws/execute-api/{api}/{stage}                    socket
/_aws/execute-api/{api}/{stage}/@connections/{id}  management
/{stage}…  at {api}.execute-api.{region}.localhost the same two, as on AWS
/{key}…  at a custom domain name                   the same two; the stage is in the mapping
/{stage}…                                          the same two, while one API has that stage

The stage `$default` may be left out of each.
"""

import re
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from ..http.messages import HttpRequest, host_name
from ..http.targets import (
    ConnectionTarget,
    ControlTarget,
    ForeignHost,
    Nowhere,
    OperationsTarget,
    SocketTarget,
    Target,
)
from .apis import Apis, Mappings
from .own_hosts import OwnHosts
from .unknown_addresses import is_served

__all__ = ["AddressResolver"]

_API_HOST: Final = re.compile(
    r"(?P<api>[a-z0-9-]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.localhost"
)
_PREFIX: Final = ("_aws", "execute-api")
_OPERATIONS: Final = "_gateway"
DEFAULT_STAGE: Final = "$default"
"""Stage at the address without a stage, as an HTTP API's is."""

_WITHOUT_STAGE: Final = frozenset({"", "@connections"})
"""First segments of a path that names no stage."""


_V1_API_ROOTS: Final = frozenset(
    {
        "account",
        "apikeys",
        "clientcertificates",
        "domainnameaccessassociations",
        "domainnames",
        "rejectdomainnameaccessassociations",
        "restapis",
        "sdktypes",
        "tags",
        "usageplans",
        "vpclinks",
    }
)
"""First segments of calls of API Gateway's v1 API, the service `apigateway`; only their signature
tells them from a stage of that name."""


class AddressResolver:
    """Finds what the addresses of one gateway lead to.

    Args:
        region: the region whose host names are served.
        bound_host: the host the gateway listens on, allowed in addition to the loopback names.
        any_host: true if a proxy in front checks the Host header.
        allowed_hosts: further names; one that begins with a dot stands for all below it.
        is_exposed: true if other machines can connect, and name this one by its address.
    """

    def __init__(
        self,
        apis: Apis,
        *,
        region: str,
        bound_host: str,
        any_host: bool,
        allowed_hosts: tuple[str, ...] = (),
        is_exposed: bool = False,
    ) -> None:
        self._apis = apis
        self._region = region
        self._hosts = OwnHosts(bound_host, allowed=allowed_hosts, is_exposed=is_exposed)
        self._any_host = any_host

    def target_of(self, request: HttpRequest) -> Target:
        """Return the part of the gateway that a request is for."""
        header = request.header("host") or ""
        host = host_name(header)
        mappings = self._apis.mappings(host)
        if mappings is None and not self._hosts.have(host) and not (self._any_host and host):
            return ForeignHost(header)
        # Decoded once, after splitting: an encoded slash stays inside its segment.
        # The asterisk of `OPTIONS *` has no segment at all.
        segments = [_decoded(segment) for segment in request.path.split("/")[1:]] or [""]
        if mappings is not None:
            return _target_by_mapping(mappings, segments)
        if segments[0] in _V1_API_ROOTS and _is_signed_for_control_plane(request):
            return ControlTarget(tuple(segments), is_first_api=True)
        return self._by_path(host, segments)

    def serves(self, target: SocketTarget) -> bool:
        """Tell whether clients can open sockets at an address; if not, log the reason."""
        return is_served(target, self._apis)

    def _by_path(self, host: str, segments: list[str]) -> Target:
        if segments[0] == "v2" and len(segments) > 1:
            return ControlTarget(tuple(segments[1:]))
        if tuple(segments[:2]) == _PREFIX:
            return self._within_api(segments[2], segments[3:]) if len(segments) > 2 else _NO_STAGE  # noqa: PLR2004
        by_host = _API_HOST.fullmatch(host)
        if by_host is not None and by_host["region"] == self._region:
            return self._within_api(by_host["api"], segments)
        if segments[0] == _OPERATIONS:
            return OperationsTarget(tuple(segments[1:]))
        return self._short_form(segments)

    def _short_form(self, segments: list[str]) -> Target:
        api_id = self._apis.only_api_with(segments[0])
        if api_id is None and segments[0] in _WITHOUT_STAGE:
            api_id = self._apis.only_api_with(DEFAULT_STAGE)
        if api_id is None:
            return Nowhere(
                f"there is not exactly one API with a stage {segments[0]!r} "
                f"({self._apis.description()})"
            )
        return self._within_api(api_id, segments)

    def _within_api(self, api_id: str, segments: list[str]) -> Target:
        """Return the target of a path after the API: the stage comes first, unless left out."""
        leaves_out = not segments or segments[0] in _WITHOUT_STAGE
        if leaves_out and self._apis.stage(api_id, DEFAULT_STAGE) is not None:
            return _target_by_stage(api_id, [DEFAULT_STAGE, *segments])
        return _target_by_stage(api_id, segments) if segments else _NO_STAGE


_NO_STAGE: Final = Nowhere("the path needs an API and a stage: /_aws/execute-api/API/STAGE")


def _is_signed_for_control_plane(request: HttpRequest) -> bool:
    return "/apigateway/aws4_request" in (request.header("authorization") or "")


def _decoded(segment: str) -> str:
    # Every post needs this: to replace the sign in connection ids costs a fifteenth of unquote.
    plain = segment.replace("%3D", "=")
    return unquote(segment) if "%" in plain else plain


def _target_by_stage(api_id: str, segments: list[str]) -> Target:
    """Return the target of a path that begins with the stage."""
    match segments:
        # A slash after the stage is accepted: the console shows the URL that way.
        case [stage] | [stage, ""]:
            return SocketTarget(api_id, stage)
        case [stage, "@connections", connection_id]:
            return ConnectionTarget(api_id, stage, connection_id)
        case _:
            return Nowhere("the path goes on after the stage")


def _target_by_mapping(mappings: Mappings, segments: list[str]) -> Target:
    """Return the target of a path at a custom domain, where the mapping holds the stage."""
    key = segments[0] if segments[0] in mappings else ""
    if key not in mappings:
        known = ", ".join(sorted(f"/{key}" for key in mappings)) or "none yet"
        return Nowhere(f"the custom domain has no mapping for it (it has {known})")
    api_id, stage = mappings[key]
    rest = segments[1:] if key else segments
    target = _target_by_stage(api_id, [stage, *rest])
    match target, rest:
        case SocketTarget(), _:
            return replace(target, by_domain=True)
        case ConnectionTarget(), _:
            return target._replace(by_domain=True)
        case Nowhere(reason), [_, "@connections", _]:
            # Only at the default endpoint, the stage is part of the address.
            return Nowhere(reason, unmatched_route="/".join(rest))
    return target
