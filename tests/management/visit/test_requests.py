"""Requests of a visit to addresses that are none."""

import pytest

from django_aws_api_gateway_websockets.management.visit.requests import post


@pytest.mark.parametrize("url", ["http://exa mple/", "http://localhost:99999/", "http://[/"])
def test_an_address_that_is_none_fails_as_one_where_nothing_responds(url):
    with pytest.raises(OSError, match="it is no address that can be called"):
        post(url, {}, seconds=1)
