"""A site with its gateway, here and as on AWS, and the doctor that looks at it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import override_settings

from django_aws_api_gateway_websockets.deployment.specs import default_routes
from django_aws_api_gateway_websockets.models import ApiGateway, integration_request_parameters
from django_aws_api_gateway_websockets.provisioning.calls import (
    create_api,
    create_deployment,
    create_route,
    create_stage,
)
from django_aws_api_gateway_websockets.provisioning.desired import ApiSpec
from tests.gateway.aws import control_plane
from tests.management.doctor.proxy import Proxy, running_proxy
from tests.project.traffic import Traffic
from tests.waiting import eventually

SECRET = "a-gateway-secret-of-the-tests-that-is-long"
PATHS = {"/live-ws/": "urls", "/token-ws/": "token_urls"}
SIGNS = ("✓ ", "- ", "! ", "✗ ", "? ")


@dataclass(frozen=True)
class Said:
    """The words of one run of the doctor."""

    text: str
    code: int
    announced: str = ""

    @property
    def as_json(self) -> dict[str, Any]:
        return json.loads(self.text)

    def signs(self) -> dict[str, str]:
        """Return the sign of each hop by its name."""
        lines = [line.split() for line in self.text.splitlines() if line[:2] in SIGNS]
        return {words[1]: words[0] for words in lines}


def examine(*words: str) -> Said:
    """Run the command in this process."""
    out, errors, code = StringIO(), StringIO(), 0
    try:
        call_command("doctor", *words, stdout=out, stderr=errors)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return Said(out.getvalue(), code, errors.getvalue())


def count_rows() -> dict[str, int]:
    """Return the number of rows of every table that has any."""
    tables = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    return {label: number for label, number in tables.items() if number}


def deploy(gateway_url: str, endpoint: str) -> dict[str, str]:
    """Create an API as the package does; return the columns of its record."""
    client = control_plane(gateway_url)
    expression = "$request.body.action"
    api = create_api(client, ApiSpec("Tests", "", "$request.header.x-api-key", expression, "", ""))
    with override_settings(WEBSOCKETS={"gateway_secret": SECRET}):
        parameters = integration_request_parameters()
    for route in default_routes(endpoint):
        create_route(client, api.api_id, route, request_parameters=parameters)
    create_stage(client, api.api_id, "production")
    deployment = create_deployment(client, api.api_id, stage_name="production", description="")
    return {"api_id": api.api_id, "api_endpoint": api.endpoint, "deployment_id": deployment}


@dataclass
class Site:
    """A site that serves, the proxy before it, and the record of its API."""

    api: ApiGateway
    proxy: Proxy
    gateway_url: str
    settings: Any

    def update(self, **columns: object) -> None:
        """Change the record behind the back of AWS."""
        ApiGateway.objects.filter(pk=self.api.pk).update(**columns)

    def configure(self, **keys: object) -> None:
        """Change keys of WEBSOCKETS."""
        self.settings.WEBSOCKETS = {**self.settings.WEBSOCKETS, **keys}

    @property
    def client(self) -> Any:
        return control_plane(self.gateway_url)


@pytest.fixture(scope="session")
def lasting_proxy() -> Iterator[Proxy]:
    with running_proxy() as proxy:
        yield proxy


@pytest.fixture
def proxy(lasting_proxy, live_server) -> Proxy:
    lasting_proxy.reset(live_server.url)
    return lasting_proxy


@pytest.fixture(scope="session")
def deployed(gateway_url, lasting_proxy) -> dict[str, dict[str, str]]:
    """Columns of the records of APIs that no test may change in the gateway, by their paths."""
    return {path: deploy(gateway_url, f"{lasting_proxy.url}{path}") for path in PATHS}


@pytest.fixture
def make_site(proxy, deployed, gateway_url, settings) -> Iterator[Callable[..., Site]]:
    """Make a site whose API is in the gateway: here, or as if that were AWS."""
    before = Traffic.open_connections()

    def make(path: str = "/live-ws/", *, on_aws: bool = True, is_own: bool = False) -> Site:
        """Make a site.

        Args:
            path: of its view.
            on_aws: takes the gateway for AWS.
            is_own: makes an API that the test may change.
        """
        address = gateway_url.removeprefix("http://")
        local = {"local_gateway": True, "local_gateway_address": address}
        aws = {"endpoint_url": gateway_url, "gateway_secret": SECRET}
        settings.WEBSOCKETS = aws if on_aws else local
        settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "local", "local"
        settings.ROOT_URLCONF = f"tests.management.doctor.{PATHS[path]}"
        endpoint = f"{proxy.url}{path}"
        columns = deploy(gateway_url, endpoint) if is_own else deployed[path]
        api = ApiGateway(api_name="Site", target_base_endpoint=endpoint, **columns)
        api.api_created, api.provisioning_status = True, ApiGateway.ProvisioningStatus.DEPLOYED
        api.save(push_to_aws=False)
        return Site(api, proxy, gateway_url, settings)

    yield make
    # The database is emptied next, and PostgreSQL does not let that pass a request under way.
    eventually(lambda: Traffic.open_connections() <= before)


@pytest.fixture
def ada(transactional_db) -> Any:
    return get_user_model().objects.create_user("ada")
