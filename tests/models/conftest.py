import pytest

from tests.delivery.recording_server import recorded_posts


@pytest.fixture
def server(settings):
    with recorded_posts(settings) as running:
        yield running
