import pytest

from django_aws_api_gateway_websockets.core.error_frames import GatewayMessage, error_body
from django_aws_api_gateway_websockets.core.events.identifiers import ConnectionId, RequestId


@pytest.mark.fact("forbidden-frame")
def test_an_error_frame_has_the_spacing_seen_on_aws():
    frame = error_body(
        GatewayMessage.FORBIDDEN,
        connection_id=ConnectionId("ABAudfcuCGYAd1A="),
        request_id=RequestId("ABCO7H6MCGYFxCA="),
    )

    assert frame == (
        b'{"message": "Forbidden", "connectionId":"ABAudfcuCGYAd1A=", '
        b'"requestId":"ABCO7H6MCGYFxCA="}'
    )
