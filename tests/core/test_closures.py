import pytest

from django_aws_api_gateway_websockets.core.closures import NO_STATUS, Closure, closure_by_client


def test_the_clients_own_code_and_reason_reach_disconnect():
    assert closure_by_client(4001, "bye") == Closure(4001, "bye")


@pytest.mark.fact("close-without-status")
def test_a_close_frame_without_a_status_is_put_into_words():
    assert closure_by_client(1005, "") == NO_STATUS
    assert NO_STATUS.reason == "Client-side close frame status not set"
