import signal
from collections.abc import Callable, Iterator

import pytest

from django_aws_api_gateway_websockets.aws.network_in_tests import allow_network
from django_aws_api_gateway_websockets.delivery import sender
from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    WebSocketSession,
    clear_boto3_client_cache,
)
from tests import events
from tests.gateway.processes import gateway_process
from tests.project.traffic import Traffic
from tests.repeated_work import (
    delete_rows,
    keep_collected_tests,
    keep_permissions,
    keep_service_files,
)
from tests.waiting import eventually

# The same that pytest finds by itself where the package is installed anew.
pytest_plugins = ["django_aws_api_gateway_websockets.testing.pytest_plugin"]

SLOW_FOLDERS = {"acceptance", "conformance"}
"""Folders of whole processes, the browser, and judges from elsewhere."""


def pytest_configure() -> None:
    """Hear Ctrl-C, and with it every process that is started here.

    A suite that a script has put into the background inherits that it is ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is repeated on each database server, and what `make quick` leaves out."""
    for item in items:
        # A page in a browser looks alike on each of them.
        once = item.get_closest_marker("browser") or item.get_closest_marker("any_database")
        if item.get_closest_marker("django_db") and not once:
            item.add_marker(pytest.mark.database)
        if SLOW_FOLDERS & set(item.path.parts) or "gateway_url" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """Save what every test would do again."""
    keep_collected_tests()
    keep_service_files()
    delete_rows()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """Make the databases, as pytest-django does, and save what every flush would do again."""
    with django_db_blocker.unblock():
        keep_permissions("default")


@pytest.fixture(autouse=True)
def _network() -> Iterator[None]:
    """Let these tests send over real sockets, as they mean to; those of the testing kit do not."""
    with allow_network():
        yield


@pytest.fixture(autouse=True)
def _no_client_outlives_its_settings() -> Iterator[None]:
    yield
    clear_boto3_client_cache()
    # Each test has servers of its own, to which nothing will be sent again.
    sender._shared_pool.close()


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


@pytest.fixture
def session(api_gateway) -> WebSocketSession:
    """An open connection of that API."""
    return WebSocketSession.objects.create(
        connection_id=events.CONNECTION_ID, api_gateway=api_gateway, channel_name="general"
    )


@pytest.fixture(scope="session")
def gateway_url() -> Iterator[str]:
    """Give the URL of a local gateway that runs as a process of its own."""
    with gateway_process("--quiet") as gateway:
        yield gateway.url


@pytest.fixture
def local_gateway(gateway_url, settings) -> Iterator[str]:
    """The project talks to the local gateway; gives its URL."""
    address = gateway_url.removeprefix("http://")
    settings.WEBSOCKETS = {"local_gateway": True, "local_gateway_address": address}
    before = Traffic.open_connections()
    yield gateway_url
    # The database is emptied next, and PostgreSQL does not let that pass a request under way.
    eventually(lambda: Traffic.open_connections() <= before)


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
