"""A site with its gateway, here and as on AWS, and the doctor that looks at it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command

from django_aws_api_gateway_websockets.models import ApiGateway
from tests.management.doctor.proxy import Proxy, running_proxy
from tests.project.traffic import Traffic
from tests.waiting import eventually

SECRET = "a-gateway-secret-of-the-tests-that-is-long"


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


SIGNS = ("✓ ", "- ", "! ", "✗ ", "? ")


def examine(*words: str) -> Said:
    """Run the command in this process."""
    out, errors, code = StringIO(), StringIO(), 0
    try:
        call_command("doctor", *words, stdout=out, stderr=errors)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return Said(out.getvalue(), code, errors.getvalue())


@dataclass
class Site:
    """A site that serves, the proxy before it, and the record of its API."""

    api: ApiGateway
    proxy: Proxy
    gateway_url: str
    settings: Any = field(repr=False)

    def update(self, **columns: object) -> None:
        """Change the record behind the back of AWS."""
        ApiGateway.objects.filter(pk=self.api.pk).update(**columns)

    @property
    def client(self) -> Any:
        from django_aws_api_gateway_websockets.models import get_boto3_client

        return get_boto3_client()


@pytest.fixture
def proxy(live_server) -> Iterator[Proxy]:
    with running_proxy(live_server.url) as proxy:
        yield proxy


@pytest.fixture
def make_site(proxy, gateway_url, settings) -> Iterator[Callable[..., Site]]:
    """Make a site whose API is in the gateway: here, or as if that were AWS."""
    before = Traffic.open_connections()

    def make(path: str = "/live-ws/", *, on_aws: bool = True, urls: str = "") -> Site:
        usual = "token_urls" if path == "/token-ws/" else "urls"
        settings.ROOT_URLCONF = urls or f"tests.management.doctor.{usual}"
        local = {
            "local_gateway": True,
            "local_gateway_address": gateway_url.removeprefix("http://"),
        }
        aws = {"endpoint_url": gateway_url, "gateway_secret": SECRET}
        settings.WEBSOCKETS = aws if on_aws else local
        settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = "local", "local"
        api = ApiGateway.objects.create(
            api_name=path.strip("/"), target_base_endpoint=f"{proxy.url}{path}"
        )
        api.create_gateway()
        return Site(api, proxy, gateway_url, settings)

    yield make
    # The database is emptied next, and PostgreSQL does not let that pass a request under way.
    eventually(lambda: Traffic.open_connections() <= before)


@pytest.fixture
def ada(transactional_db) -> Any:
    return get_user_model().objects.create_user("ada")


def count_rows() -> dict[str, int]:
    """Return the number of rows of every table that has any."""
    tables = {model._meta.label: model._default_manager.count() for model in apps.get_models()}
    return {label: number for label, number in tables.items() if number}
