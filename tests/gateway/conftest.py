import pytest

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.backend import running_backend


@pytest.fixture
async def backend():
    async with running_backend() as backend:
        yield backend


@pytest.fixture
async def gateway(backend):
    async with running_gateway(Config(port=0)) as gateway:
        yield gateway
