from collections.abc import Iterator

import pytest

from django_aws_api_gateway_websockets.channels.registry import register, unregister

collect_ignore = ["recipes"]


@pytest.fixture
def _network() -> None:
    """Leave the network closed, as it is in the tests of projects."""


@pytest.fixture(autouse=True)
def _site(settings) -> Iterator[None]:
    """Let the project of these tests be the one in `site.py`, with its channels."""
    from tests.testing.site import Hall, Room

    settings.ROOT_URLCONF = "tests.testing.site"
    settings.WEBSOCKETS = {"local_gateway": True}
    for kind in (Room, Hall):
        register(kind)
    yield
    for kind in (Room, Hall):
        unregister(kind)
