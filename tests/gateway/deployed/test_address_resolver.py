import pytest

from django_aws_api_gateway_websockets.core.events.identifiers import ApiId
from django_aws_api_gateway_websockets.gateway.deployed.address_resolver import AddressResolver
from django_aws_api_gateway_websockets.gateway.deployed.apis import Apis, Stage
from django_aws_api_gateway_websockets.gateway.http.messages import HttpRequest
from django_aws_api_gateway_websockets.gateway.http.targets import (
    ConnectionTarget,
    ControlTarget,
    ForeignHost,
    Nowhere,
    SocketTarget,
)


def resolver(*stages, any_host=False, bound_host="127.0.0.1"):
    apis = Apis()
    apis.replace(Stage(ApiId(api_id), name, {}, None) for api_id, name in stages)
    return AddressResolver(apis, region="us-east-1", bound_host=bound_host, any_host=any_host)


def target_of(target, host="127.0.0.1:8001", **options):
    stages = options.pop("stages", (("abc", "prod"),))
    request = HttpRequest("GET", target, (("Host", host),))
    return resolver(*stages, **options).target_of(request)


@pytest.mark.fact("path-encoding")
@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/v2/apis", ControlTarget(("apis",))),
        ("/v2/apis/a%2Fb?maxResults=1", ControlTarget(("apis", "a/b"))),
        ("/_aws/execute-api/abc/prod", SocketTarget("abc", "prod")),
        ("/_aws/execute-api/abc/prod/", SocketTarget("abc", "prod")),
        ("/_aws/execute-api/abc/other?x=y", SocketTarget("abc", "other")),
        (
            "/_aws/execute-api/abc/prod/@connections/L0SM9cOFvHcCIhw%3D",
            ConnectionTarget("abc", "prod", "L0SM9cOFvHcCIhw="),
        ),
        (
            "/_aws/execute-api/abc/prod/%40connections/L0SM9cOFvHcCIhw=",
            ConnectionTarget("abc", "prod", "L0SM9cOFvHcCIhw="),
        ),
        ("/prod", SocketTarget("abc", "prod")),
        ("/prod/@connections/x", ConnectionTarget("abc", "prod", "x")),
        ("/prod/@connections/%2E%2E%2Fx", ConnectionTarget("abc", "prod", "../x")),
        ("/prod/@connections/%252e", ConnectionTarget("abc", "prod", "%2e")),
    ],
)
def test_a_path_names_its_part_of_the_gateway_and_is_decoded_once(path, target):
    assert target_of(path) == target


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/other",
        "/prod/more",
        "/prod/@connections",
        "/prod/@connections/x/y",
        "/_aws/execute-api/abc",
        "/_aws/execute-api",
        "/_aws/lambda/abc/prod",
        "*",
    ],
)
def test_a_path_to_nothing_leads_nowhere(path):
    assert isinstance(target_of(path), Nowhere)


def test_the_host_form_names_the_api():
    host = "xyz.execute-api.us-east-1.localhost:8001"

    assert target_of("/prod", host) == SocketTarget("xyz", "prod")
    assert target_of("/prod/@connections/a", host) == ConnectionTarget("xyz", "prod", "a")
    assert isinstance(target_of("/prod/more", host), Nowhere)


def test_the_host_form_of_another_region_names_no_api():
    assert target_of("/prod", "xyz.execute-api.eu-west-1.localhost") == SocketTarget("abc", "prod")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", SocketTarget("abc", "prod", by_domain=True)),
        ("/@connections/x", ConnectionTarget("abc", "prod", "x", by_domain=True)),
        ("/chat", SocketTarget("xyz", "test", by_domain=True)),
        ("/chat/", SocketTarget("xyz", "test", by_domain=True)),
        ("/chat/@connections/x", ConnectionTarget("xyz", "test", "x", by_domain=True)),
    ],
)
def test_a_custom_domain_names_api_and_stage_by_its_mapping(path, target):
    assert mapped_target_of(path) == target


@pytest.mark.parametrize("path", ["/prod", "/chat/test", "/v2/apis", "/_aws/execute-api/abc/prod"])
def test_everything_else_at_a_custom_domain_leads_nowhere(path):
    assert isinstance(mapped_target_of(path), Nowhere)


def test_a_custom_domain_without_a_mapping_says_what_it_has():
    target = mapped_target_of("/", {"chat": (ApiId("xyz"), "test")})

    assert isinstance(target, Nowhere)
    assert "/chat" in target.reason


def mapped_target_of(path, mappings=None):
    apis = Apis()
    both = {"": (ApiId("abc"), "prod"), "chat": (ApiId("xyz"), "test")}
    apis.replace([], {"ws.example.com": mappings or both})
    one = AddressResolver(apis, region="us-east-1", bound_host="127.0.0.1", any_host=False)
    return one.target_of(HttpRequest("GET", path, (("Host", "WS.example.com:8001"),)))


def test_the_short_form_needs_exactly_one_api_with_the_stage():
    assert isinstance(target_of("/prod", stages=(("abc", "prod"), ("xyz", "prod"))), Nowhere)
    assert target_of("/prod", stages=(("abc", "prod"), ("xyz", "test"))) == SocketTarget(
        "abc", "prod"
    )


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8001", "127.0.0.1", "127.9.9.9:1", "[::1]:8001", "app.localhost"],
)
def test_loopback_names_are_served(host):
    assert target_of("/prod", host) == SocketTarget("abc", "prod")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.nip.io",
        "0.0.0.0",
        "169.254.169.254",
        "[::]",
        "[::1].evil.example",
        "[::1]evil.example",
        "127.0.0.1:evil.example",
        "localhost:80:evil.example",
        "localhost@evil.example",
        "",
    ],
)
@pytest.mark.experiment("T16")
def test_other_names_are_not_served_even_twice(host):
    one = resolver(("abc", "prod"))
    request = HttpRequest("GET", "/prod", (("Host", host),))

    assert isinstance(one.target_of(request), ForeignHost)
    assert isinstance(one.target_of(request), ForeignHost)


@pytest.mark.parametrize("host", ["", "[::1].evil.example", "127.0.0.1:evil.example", "a b", "/"])
def test_an_invalid_host_is_not_served_behind_a_proxy_either(host):
    assert isinstance(target_of("/prod", host, any_host=True), ForeignHost)


def test_the_bound_host_is_served_and_behind_a_proxy_every_host():
    assert target_of("/prod", "192.0.2.1:8001", bound_host="192.0.2.1") == SocketTarget(
        "abc", "prod"
    )
    assert target_of("/prod", "chat.example.com", any_host=True) == SocketTarget("abc", "prod")


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("192.168.1.5:8001", True),
        ("[fe80::1]:8001", True),
        ("laptop.local", True),
        ("a.shop.test", True),
        ("shop.test", True),
        ("0.0.0.0", False),
        ("evil.example", False),
        ("192.168.1.5.nip.io", False),
        ("[192.168.1.5]", False),
        ("laptop.local.evil.example", False),
        ("evilshop.test", False),
    ],
)
@pytest.mark.experiment("T16")
def test_a_gateway_for_other_devices_serves_its_addresses_and_the_names_it_was_given(host, served):
    apis = Apis()
    apis.replace([Stage(ApiId("abc"), "prod", {}, None)])
    one = AddressResolver(
        apis,
        region="us-east-1",
        bound_host="0.0.0.0",
        any_host=False,
        allowed_hosts=("laptop.local", ".shop.test"),
        is_exposed=True,
    )

    for _ in range(2):
        target = one.target_of(HttpRequest("GET", "/prod", (("Host", host),)))
        assert isinstance(target, SocketTarget if served else ForeignHost)
