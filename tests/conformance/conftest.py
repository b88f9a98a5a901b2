import pytest

from tests.conformance.control_plane import create_api
from tests.gateway.aws import control_plane
from tests.gateway.processes import gateway_process


@pytest.fixture(scope="module")
def gateway():
    with gateway_process() as process:
        yield process


@pytest.fixture(scope="module")
def client(gateway):
    return control_plane(gateway.url)


@pytest.fixture
def api_id(client):
    return create_api(client)["ApiId"]
