"""The case: one API on its way round, with what the hops have found out and opened so far."""

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from botocore.config import Config

from ...conf import get_local_gateway_address, uses_local_gateway
from ...deployment import GatewayProject, read_project
from ...deployment.local_backend import address_called
from ...models import ApiGateway, get_boto3_client
from ...receiving.page_options import attribute_of, find_view_of_api
from ...receiving.signed_probe import ProbeReport
from ..visit.apis import origin_of_pages, socket_url_of
from ..visit.visitor import Visitor

__all__ = ["Case", "Options"]

AT_ONCE: Final = Config(
    connect_timeout=2, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 1}
)
"""Patience of the doctor with AWS: whoever waits wants to know that it is slow."""

_GATEWAY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The wishes of the person who asks."""

    username: str = ""
    """User to log in as; "" for nobody."""
    site: str = ""
    """Origin of the pages, such as https://www.example.com; "" for the one Django is called at."""
    channel: str = ""
    """Channel to connect to."""
    message: dict[str, Any] | None = None
    """Message to send besides the doctor's own."""


class Case:
    """One API, or none for what is the same for all.

    Args:
        options: wishes of the person who asks.
        api: its record.
    """

    def __init__(self, options: Options, api: ApiGateway | None = None) -> None:
        self.options = options
        self.nonce = f"doctor-{secrets.token_hex(8)}"
        self.cleaning = ExitStack()
        """Undoes in the end what the hops have done."""
        self.remote_api: dict[str, Any] = {}
        """The API as AWS describes it."""
        self.routes: dict[str, dict[str, Any]] = {}
        """Its routes by key, as AWS describes them."""
        self.report: ProbeReport | None = None
        """Report of the view on the first probe."""
        self.visitor = Visitor()
        """Browser that the doctor plays."""
        self.talk: Any = None
        """The open socket, a `Talk`."""
        self.session: Any = None
        """Its row."""
        self.last_session = 0
        """Primary key of the newest row before it was opened."""
        self.take_time: Callable[[], None] = lambda: None
        """Tells people that a check which may be slow begins to wait."""
        self._api = api

    @property
    def api(self) -> ApiGateway:
        """The record; hops that are shared have none."""
        if self._api is None:
            raise LookupError("a hop about one API was asked without one")
        return self._api

    @cached_property
    def client(self) -> Any:
        """The project's boto3 client of the control plane."""
        return get_boto3_client(config=AT_ONCE)

    @cached_property
    def project(self) -> GatewayProject | None:
        """The project that the local gateway says it runs for; None without such a gateway."""
        if not uses_local_gateway():
            return None
        return read_project(get_local_gateway_address().url, seconds=_GATEWAY_SECONDS)

    @property
    def report_of_view(self) -> ProbeReport:
        """The report on the first probe; hops that need it come behind it."""
        if self.report is None:
            raise LookupError("no probe has come back")
        return self.report

    @property
    def demands_login(self) -> bool:
        """True when only users who are logged in may connect."""
        if self.report is not None:
            return self.report.demands_login
        view = find_view_of_api(self.api)
        if view is None:
            return True
        names = ("USE_WS_TOKEN", "CHECK_PERMISSIONS_ON_CONNECT")
        return any(attribute_of(view, name, unknown=False) for name in names)

    @cached_property
    def backend_url(self) -> str:
        """The URL that the API is to call, up to the name of the event."""
        return address_called(self.api.target_base_endpoint or "")

    def integration_url(self, event: str) -> str:
        """Return the URL that the API is to call for an event."""
        return f"{self.backend_url}{event}"

    @cached_property
    def site(self) -> str:
        """Origin of the pages."""
        return origin_of_pages(self.api, self.options.site)

    @cached_property
    def socket_url(self) -> str:
        """Address that a page of the site opens its socket at."""
        return socket_url_of(self.api, self.site)
