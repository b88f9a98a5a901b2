from collections.abc import Callable

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


@pytest.fixture
def note_figures(record_property) -> Callable[[str], None]:
    """Keeps what a test has measured; it is shown at the end and stands in the report."""
    return lambda text: record_property("figures", text)


def pytest_terminal_summary(terminalreporter):
    noted = [
        text
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for name, text in report.user_properties
        if name == "figures"
    ]
    if noted:
        terminalreporter.section("figures of experiments")
        for text in sorted(noted):
            terminalreporter.line(text)
