import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from django_aws_api_gateway_websockets.models import ApiGateway, clear_boto3_client_cache

GATEWAY_START_SECONDS = 20


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the database is repeated on each database server."""
    for item in items:
        if item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)


@pytest.fixture(autouse=True)
def _no_client_outlives_its_settings() -> Iterator[None]:
    yield
    clear_boto3_client_cache()


@pytest.fixture
def api_gateway(db) -> ApiGateway:
    """The record of an API that is complete in AWS."""
    return ApiGateway.objects.create(
        api_name="Test API",
        api_id="a1b2c3d4e5",
        api_endpoint="wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        target_base_endpoint="https://www.example.com/ws/",
        api_created=True,
        deployment_id="dep123",
        provisioning_status=ApiGateway.ProvisioningStatus.DEPLOYED,
    )


@pytest.fixture(scope="session")
def gateway_process() -> Iterator[str]:
    """A local gateway as a process of its own; gives its URL."""
    command = [sys.executable, "-m", "django_aws_api_gateway_websockets.gateway", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ}, text=True
    )
    deadline = threading.Timer(GATEWAY_START_SECONDS, process.kill)
    deadline.start()
    first_line = process.stdout.readline()
    deadline.cancel()
    assert first_line.startswith("Listening on "), first_line
    yield first_line.removeprefix("Listening on ").strip()
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()


@pytest.fixture
def local_gateway(gateway_process, settings) -> str:
    """The project talks to the local gateway; gives its URL."""
    address = gateway_process.removeprefix("http://")
    settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": address}
    return gateway_process
