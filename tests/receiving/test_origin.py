import pytest

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests import events

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize(
    ("allowed_hosts", "host", "status"),
    [
        (["www.example.com"], "www.example.com", 200),
        ([".example.com"], "www.example.com", 200),
        (["*"], "www.example.com", 200),
        (["www.example.com"], "www.example.com:8443", 200),
        (["other.example.com"], "www.example.com", 400),
        ([".example.com"], "www.example.com.evil.net", 400),
    ],
)
def test_the_host_is_allowed_by_djangos_rules(
    client, api_gateway, settings, allowed_hosts, host, status
):
    settings.ALLOWED_HOSTS = allowed_hosts

    answer = events.connect(client, Host=host, Origin=f"https://{host}")

    assert answer.status_code == status


def test_a_refused_host_does_not_learn_which_ones_are_allowed(client, api_gateway, settings):
    # Without CommonMiddleware nothing before the view looks at the Host.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "common" not in name]
    settings.ALLOWED_HOSTS = ["other.example.com"]

    assert events.connect(client).content == b"Host is not in AllowedHosts"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://www.example.com", "www.example.com"),
        ("https://shop.www.example.com", "www.example.com"),
        ("https://www.example.com:443", "www.example.com"),
        ("http://www.example.com:8000", "www.example.com:8000"),
        ("http://localhost:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "localhost:8000"),
    ],
)
def test_a_page_of_this_site_may_connect(client, api_gateway, settings, origin, host):
    settings.ALLOWED_HOSTS = ["*"]

    assert events.connect(client, Origin=origin, Host=host).status_code == 200


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://[::1].evil.com", "[::1].evil.com"),
        ("http://[::1].evil.com", "[::1]"),
        ("http://localhost", "[::1].evil.com"),
        ("http://localhost:evil.com", "localhost:evil.com"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000:evil.com"),
    ],
)
def test_an_origin_or_host_that_is_no_host_is_refused(client, api_gateway, settings, origin, host):
    # Without CommonMiddleware nothing before the view looks at the Host.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "common" not in name]
    settings.ALLOWED_HOSTS = []

    assert events.connect(client, Origin=origin, Host=host).status_code == 400


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.com",
        "https://www.example.com.evil.com",
        "https://evilwww.example.com",
        "https://example.com",
        "https://www.example.com:8443",
        "http://www.example.com:443",
        "https://www.example.com@evil.com",
        "https://evil.com\\@www.example.com",
        "https://evil.com/www.example.com",
        "https://evil.com?www.example.com",
        "https://evil.com#.www.example.com",
        "ftp://www.example.com",
        "null",
        "file://www.example.com",
        "https://",
        "https://[::1",
        "https://www.example.com:99999",
        "https://127.0.0.1",
        "https://www.example.com:443.evil.com",
        "https://www.example.com:evil.com",
    ],
)
def test_a_page_of_another_site_may_not_connect(client, api_gateway, origin):
    answer = events.connect(client, Origin=origin)

    assert (answer.status_code, answer.content) == (400, b"Host is not in Origin")
    assert not WebSocketSession.objects.exists()


@pytest.mark.parametrize(
    "missing", ["X-Forwarded-For", "Connectionid", "X-Amzn-Apigateway-Api-Id", "X-Real-Ip"]
)
def test_a_required_header_that_is_missing_is_refused_and_named_in_the_log(
    client, session, missing, caplog
):
    answer = client.post(
        "/ws/default",
        data='{"action": "x"}',
        content_type="application/json",
        headers=events.without(events.COMMON_HEADERS, missing),
    )

    assert (answer.status_code, answer.content) == (400, b"Invalid request headers")
    assert missing in caplog.text


def test_with_the_local_gateway_no_proxy_need_stand_between(client, session, settings):
    settings.WEBSOCKETS = {"local_gateway": True}

    answer = client.post(
        "/ws/default",
        data='{"action": "x"}',
        content_type="application/json",
        headers=events.without(events.COMMON_HEADERS, "X-Real-Ip"),
    )

    assert answer.status_code == 200


def test_no_request_without_the_gateways_secret_reaches_the_database(
    client, session, settings, django_assert_num_queries
):
    settings.WEBSOCKETS = {"gateway_secret": ["n" * 32, "o" * 32]}

    with django_assert_num_queries(0):
        none = events.message(client, {"action": "x"})
        wrong = events.message(client, {"action": "x"}, X_Ws_Gateway_Secret="x" * 32)
    old = events.message(client, {"action": "x"}, X_Ws_Gateway_Secret="o" * 32)

    for answer in (none, wrong):
        assert (answer.status_code, answer.content) == (403, b"Invalid request")
    assert old.status_code == 200


@pytest.mark.parametrize(
    "secret",
    [b"x" * 32, 7, {}, [], [None], ["", None], True, "abc", "x" * 31, ["abc"], "x" * 31 + "'"],
)
def test_a_secret_that_cannot_be_used_opens_nothing(client, session, settings, secret):
    settings.WEBSOCKETS = {"gateway_secret": secret}

    assert events.message(client, {"action": "x"}).status_code == 403
    for shown in ("abc", "x" * 32, str(secret)):
        answer = events.message(client, {"action": "x"}, X_Ws_Gateway_Secret=shown)
        assert answer.status_code == 403


def test_a_secret_too_short_does_not_shut_out_the_one_beside_it(client, session, settings):
    settings.WEBSOCKETS = {"gateway_secret": ["abc", "o" * 32]}

    long = events.message(client, {"action": "silent"}, X_Ws_Gateway_Secret="o" * 32)
    short = events.message(client, {"action": "silent"}, X_Ws_Gateway_Secret="abc")

    assert (long.status_code, short.status_code) == (200, 403)
