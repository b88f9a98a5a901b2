from decimal import Decimal

import pytest

from django_aws_api_gateway_websockets import conf


@pytest.mark.parametrize("value", [None, [1], "text", 7])
def test_anything_but_a_dictionary_counts_as_empty(settings, value):
    settings.WEBSOCKETS = value

    assert conf.get_websockets_config() == {}
    assert conf.get_setting("token_expiry_seconds") == 60


@pytest.mark.parametrize("name", conf.DEFAULTS)
@pytest.mark.parametrize("bad", [0, -1, True, "5", None, 1.5, 10**15])
def test_a_bad_number_falls_back_to_its_default(settings, name, bad):
    settings.WEBSOCKETS = {name: bad}

    assert conf.get_setting(name) == conf.DEFAULTS[name]


@pytest.mark.parametrize("name", conf.DEFAULTS)
def test_a_number_is_read_at_use(settings, name):
    settings.WEBSOCKETS = {name: 7}

    assert conf.get_setting(name) == 7


@pytest.mark.parametrize("name", conf.BOOLEAN_DEFAULTS)
def test_a_boolean_is_read_at_use_and_a_bad_one_falls_back(settings, name):
    settings.WEBSOCKETS = {name: not conf.BOOLEAN_DEFAULTS[name]}
    assert conf.get_boolean_setting(name) is not conf.BOOLEAN_DEFAULTS[name]

    settings.WEBSOCKETS = {name: 1}
    assert conf.get_boolean_setting(name) is conf.BOOLEAN_DEFAULTS[name]


def test_a_name_that_is_no_setting_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        conf.get_setting("push_changes_to_aws")
    with pytest.raises(KeyError):
        conf.get_boolean_setting("token_expiry_seconds")


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        (None, []),
        ("WWW.example.com", ["www.example.com"]),
        (["a.example", " ", 7, "*.b.example"], ["a.example", "*.b.example"]),
        (7, []),
    ],
)
def test_hosts_may_be_one_text_or_several(settings, value, hosts):
    settings.WEBSOCKETS = {"allowed_integration_hosts": value}

    assert conf.get_allowed_integration_hosts() == hosts


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("localhost:9000", "http://localhost:9000"),
        ("[::1]:8001", "http://[::1]:8001"),
        ("0.0.0.0:8001", "http://127.0.0.1:8001"),
        ("[::]:8001", "http://[::1]:8001"),
        ("gateway_1:8001", "http://gateway_1:8001"),
    ],
)
def test_the_local_gateway_has_an_address(settings, value, url):
    settings.WEBSOCKETS = {"local_gateway_address": value}

    assert conf.get_local_gateway_address().url == url


NO_ADDRESSES = [
    "8001",
    "127.0.0.1",
    "127.0.0.1:0",
    "a:b",
    "h:1/x",
    "",
    "[::1].evil.com:8001",
    "127.0.0.1:8001.evil.com",
    "user@127.0.0.1:8001",
]


@pytest.mark.parametrize("value", [*NO_ADDRESSES, 8001])
def test_an_invalid_address_is_refused_with_an_example(settings, value):
    settings.WEBSOCKETS = {"local_gateway_address": value}

    with pytest.raises(ValueError, match="must be HOST:PORT"):
        conf.get_local_gateway_address()


@pytest.mark.parametrize(
    ("value", "is_exposed", "visited", "base"),
    [
        ("127.0.0.1:8001", False, "localhost", "ws://localhost:8001"),
        ("127.0.0.1:8001", False, "192.168.1.5", "ws://127.0.0.1:8001"),
        ("localhost:8001", False, "", "ws://localhost:8001"),
        ("0.0.0.0:8001", True, "192.168.1.5", "ws://192.168.1.5:8001"),
        ("0.0.0.0:8001", True, "laptop.local", "ws://laptop.local:8001"),
        ("0.0.0.0:8001", True, "", "ws://127.0.0.1:8001"),
        ("[::]:8001", True, "[fe80::1]", "ws://[fe80::1]:8001"),
        ("192.168.1.5:8001", True, "laptop.local", "ws://192.168.1.5:8001"),
    ],
)
def test_a_page_gets_a_socket_at_the_name_it_was_opened_with_where_that_leads_to_the_gateway(
    settings, value, is_exposed, visited, base
):
    settings.WEBSOCKETS = {"local_gateway_address": value}
    address = conf.get_local_gateway_address()

    assert address.is_exposed == is_exposed
    assert address.as_seen_from(visited) == base


def test_an_explicit_endpoint_wins_over_the_local_gateway(settings):
    assert conf.get_endpoint_url() is None
    settings.WEBSOCKETS = {"local_gateway": True}
    assert conf.get_endpoint_url() == "http://127.0.0.1:8001"
    settings.WEBSOCKETS = {"local_gateway": True, "endpoint_url": "http://127.0.0.1:9/"}
    assert conf.get_endpoint_url() == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("configured", "url"),
    [
        ("https://ws.example.com/", "https://ws.example.com"),
        ("https://{api_id}.example.com/{stage}", "https://abc.example.com/prod"),
        ("", None),
        (7, None),
    ],
)
def test_the_address_of_connections_can_be_set(settings, configured, url):
    settings.WEBSOCKETS = {"management_endpoint_url": configured}

    assert conf.get_management_endpoint_override(api_id="abc", stage="prod") == url
    # A project that turns the local gateway on beside production's settings means the local one.
    settings.WEBSOCKETS["local_gateway"] = True
    assert conf.get_management_endpoint_override(api_id="abc", stage="prod") is None


def test_the_settings_of_broadcasts_are_read_at_use(settings):
    settings.WEBSOCKETS = {}
    assert (conf.get_broadcast_rate(), conf.get_broadcast_budget()) == (None, None)
    assert conf.get_broadcast_price() is None

    settings.WEBSOCKETS = {
        "broadcast_rate_per_second": 2000,
        "broadcast_budget_units": 50_000,
        "broadcast_price": {"currency": "EUR", "per_million_units": 1.1},
    }
    assert (conf.get_broadcast_rate(), conf.get_broadcast_budget()) == (2000, 50_000)
    assert conf.get_broadcast_price() == conf.BroadcastPrice("EUR", Decimal("1.1"))
