import pytest

from django_aws_api_gateway_websockets.gateway.broadcast_posts import is_switched_off


@pytest.fixture(autouse=True)
def _switched_on():
    if is_switched_off():
        pytest.skip("WEBSOCKETS_SWITCHED_OFF leaves posts-at-once out")
