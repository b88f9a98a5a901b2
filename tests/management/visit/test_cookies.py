"""Browsers' rules for the session cookie of a site, when one of its pages opens a socket."""

import pytest

from django_aws_api_gateway_websockets.management.visit.cookies import explain_withheld_cookie

pytestmark = pytest.mark.any_database

SITE, SOCKET = "https://www.shop.test", "wss://ws.shop.test/production"
DEFAULT_ENDPOINT = "wss://abc.execute-api.eu-west-1.amazonaws.com/production"


@pytest.mark.parametrize(
    ("site", "socket", "cookie"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8001/_aws/execute-api/a/b", {}),
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8001/", {"SECURE": True}),
        (SITE, SOCKET, {"DOMAIN": "shop.test"}),
        (SITE, SOCKET, {"DOMAIN": ".shop.test", "SECURE": True}),
        (SITE, "wss://www.shop.test/production", {}),
        (SITE, "wss://www.shop.test/app/socket", {"PATH": "/app/"}),
        (SITE, "wss://www.shop.test/app", {"PATH": "/app"}),
    ],
)
def test_a_cookie_is_sent(settings, site, socket, cookie):
    change(settings, cookie)

    assert explain_withheld_cookie(site, socket) is None


@pytest.mark.parametrize(
    ("site", "socket", "cookie", "reason", "remedy"),
    [
        (SITE, SOCKET, {}, "is not set, so a browser", "Set SESSION_COOKIE_DOMAIN = 'shop.test'"),
        (SITE, SOCKET, {"DOMAIN": "www.shop.test"}, "is 'www.shop.test', so", "= 'shop.test', and"),
        (
            SITE,
            SOCKET,
            {"DOMAIN": "other.test"},
            "take no such cookie from www.shop",
            "to a domain",
        ),
        (SITE, DEFAULT_ENDPOINT, {}, "sends no session cookie to abc", "such as ws.shop.test, and"),
        ("http://10.0.0.1", "ws://10.0.0.2", {}, "sends no session cookie to 10.0.0.2", "Give the"),
        ("http://a.test", "ws://a.test", {"SECURE": True}, "is not encrypted", "with wss://"),
        (SITE, "wss://www.shop.test/b", {"PATH": "/a"}, "the path of the socket is '/b'", '= "/"'),
    ],
)
def test_a_cookie_that_is_withheld_is_explained(settings, site, socket, cookie, reason, remedy):
    change(settings, cookie)

    withheld = explain_withheld_cookie(site, socket)

    assert withheld is not None
    assert reason in withheld.reason
    assert remedy in withheld.remedy


def change(settings, cookie: dict[str, object]) -> None:
    for name, value in cookie.items():
        setattr(settings, f"SESSION_COOKIE_{name}", value)
