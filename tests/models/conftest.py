import pytest

from tests.delivery.recording_server import KEYS, RecordingServer


@pytest.fixture
def server(settings):
    settings.AWS_GATEWAY_REGION_NAME = "eu-west-1"
    settings.AWS_ACCESS_KEY_ID = KEYS.access_key
    settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
    with RecordingServer() as running:
        settings.WEBSOCKETS = {"management_endpoint_url": f"{running.url}/prod"}
        yield running
