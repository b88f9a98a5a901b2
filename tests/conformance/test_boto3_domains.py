"""boto3 judges custom domains and tags; sockets and `@connections` go through a mapped domain.

Error texts are those the fact sheet's section 8.3 names sources for.
"""

import json
import socket
import zlib

import pytest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.gateway.aws import control_plane, deploy_api, management
from tests.gateway.processes import gateway_process

CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/abc"
CONFIGURATION = {"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL"}


@pytest.fixture(scope="module")
def gateway():
    with gateway_process("--quiet") as process:
        yield process


@pytest.fixture(scope="module")
def client(gateway):
    return control_plane(gateway.url)


@pytest.fixture
def api(client):
    return deploy_api(client, "http://127.0.0.1:9")


@pytest.fixture
def domain(client, request):
    name = f"{zlib.crc32(request.node.nodeid.encode())}.example.com"
    client.create_domain_name(DomainName=name, DomainNameConfigurations=[CONFIGURATION])
    return name


def without_metadata(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@pytest.mark.fact("domain-members")
def test_a_new_domain_name_has_the_members_aws_gives_it(client):
    domain = client.create_domain_name(
        DomainName="ws.example.com",
        DomainNameConfigurations=[CONFIGURATION | {"HostedZoneId": "Z1"}],
        Tags={"team": "chat"},
    )

    assert domain["ResponseMetadata"]["HTTPStatusCode"] == 201
    target = domain["DomainNameConfigurations"][0].pop("ApiGatewayDomainName")
    assert target.startswith("d-")
    assert target.endswith(".execute-api.us-east-1.localhost")
    assert without_metadata(domain) == {
        "ApiMappingSelectionExpression": "$request.basepath",
        "DomainName": "ws.example.com",
        "DomainNameArn": "arn:aws:apigateway:us-east-1::/domainnames/ws.example.com",
        "DomainNameConfigurations": [
            {
                "CertificateArn": CERTIFICATE,
                "DomainNameStatus": "AVAILABLE",
                "EndpointType": "REGIONAL",
                "HostedZoneId": "Z1",
                "IpAddressType": "ipv4",
                "SecurityPolicy": "TLS_1_2",
            }
        ],
        "RoutingMode": "API_MAPPING_ONLY",
        "Tags": {"team": "chat"},
    }


def test_a_domain_name_is_read_listed_changed_and_deleted(client, domain):
    target = client.get_domain_name(DomainName=domain)["DomainNameConfigurations"][0][
        "ApiGatewayDomainName"
    ]
    changed = client.update_domain_name(
        DomainName=domain, DomainNameConfigurations=[{"CertificateArn": f"{CERTIFICATE}2"}]
    )

    configuration = changed["DomainNameConfigurations"][0]
    assert configuration["CertificateArn"] == f"{CERTIFICATE}2"
    assert configuration["ApiGatewayDomainName"] == target
    assert domain in {item["DomainName"] for item in client.get_domain_names()["Items"]}
    client.delete_domain_name(DomainName=domain)
    with pytest.raises(client.exceptions.NotFoundException, match="Invalid domain name identifier"):
        client.get_domain_name(DomainName=domain)


@pytest.mark.fact("domain-configuration", "domain-tls-1-0", "regional-only")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"DomainName": "a.example.com"}, "Expected one domain name configuration"),
        ({"DomainNameConfigurations": []}, "Expected one domain name configuration"),
        ({"DomainNameConfigurations": [CONFIGURATION] * 2}, "Expected one domain name"),
        ({"DomainNameConfigurations": [{"EndpointType": "EDGE"}]}, "Only REGIONAL domain names"),
        ({"DomainNameConfigurations": [{"SecurityPolicy": "TLS_1_0"}]}, "Only REGIONAL"),
        ({"DomainName": "no/host", "DomainNameConfigurations": [CONFIGURATION]}, "domainName"),
    ],
)
def test_a_domain_name_that_aws_would_refuse_is_a_bad_request(client, arguments, text):
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        client.create_domain_name(**{"DomainName": "refused.example.com"} | arguments)


@pytest.mark.fact("duplicate-domain")
def test_a_domain_name_that_exists_is_a_bad_request_as_on_aws(client, domain):
    with pytest.raises(
        client.exceptions.BadRequestException, match="The domain name you provided already exists"
    ):
        client.create_domain_name(
            DomainName=domain.upper(), DomainNameConfigurations=[CONFIGURATION]
        )


@pytest.mark.fact("mapping-members")
def test_a_mapping_has_the_members_aws_gives_it(client, domain, api):
    mapping = client.create_api_mapping(DomainName=domain, ApiId=api.api_id, Stage="test")

    assert without_metadata(mapping) == {
        "ApiId": api.api_id,
        "ApiMappingId": mapping["ApiMappingId"],
        "ApiMappingKey": "",
        "Stage": "test",
    }
    assert client.get_api_mappings(DomainName=domain)["Items"] == [without_metadata(mapping)]
    changed = client.update_api_mapping(
        DomainName=domain,
        ApiId=api.api_id,
        ApiMappingId=mapping["ApiMappingId"],
        ApiMappingKey="chat",
    )
    assert changed["ApiMappingKey"] == "chat"
    client.delete_api_mapping(DomainName=domain, ApiMappingId=mapping["ApiMappingId"])
    assert client.get_api_mappings(DomainName=domain)["Items"] == []


@pytest.mark.fact(
    "duplicate-mapping-key", "mapping-to-nothing", "mapping-key-characters", "mapping-key-length"
)
@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        ({}, 409, "ApiMapping key already exists for this domain name"),
        ({"ApiId": "unknown"}, 400, "Invalid API identifier specified"),
        ({"Stage": "unknown"}, 400, "Invalid stage identifier specified"),
        ({"ApiMappingKey": "a/b"}, 400, "An ApiMapping key may contain only letters"),
        ({"DomainName": "unknown.example.com"}, 404, "Invalid domain name identifier specified"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_in_the_words_of_aws(
    client, domain, api, arguments, status, text
):
    values = {"DomainName": domain, "ApiId": api.api_id, "Stage": "test"}
    client.create_api_mapping(**values)

    with pytest.raises(ClientError, match=text) as raised:
        client.create_api_mapping(**values | arguments)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.fact("mapped-api-cannot-be-deleted", "mapped-stage-cannot-be-deleted")
def test_an_api_and_a_stage_that_a_domain_leads_to_cannot_be_deleted(client, domain, api):
    mapping = client.create_api_mapping(DomainName=domain, ApiId=api.api_id, Stage="test")

    with pytest.raises(client.exceptions.BadRequestException, match="remove all API mappings"):
        client.delete_api(ApiId=api.api_id)
    with pytest.raises(client.exceptions.BadRequestException, match="remove all API mappings"):
        client.delete_stage(ApiId=api.api_id, StageName="test")
    client.delete_api_mapping(DomainName=domain, ApiMappingId=mapping["ApiMappingId"])
    client.delete_stage(ApiId=api.api_id, StageName="test")
    client.delete_api(ApiId=api.api_id)


@pytest.mark.fact("tags")
def test_tags_are_added_listed_and_removed(client, domain, api):
    arns = [
        f"arn:aws:apigateway:us-east-1::/apis/{api.api_id}",
        f"arn:aws:apigateway:us-east-1::/apis/{api.api_id}/stages/test",
        f"arn:aws:apigateway:us-east-1::/domainnames/{domain}",
    ]
    for arn in arns:
        assert client.get_tags(ResourceArn=arn)["Tags"] == {}
        client.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2", "c": "3"})
        client.tag_resource(ResourceArn=arn, Tags={"a": "4"})
        client.untag_resource(ResourceArn=arn, TagKeys=["b", "c"])
        assert client.get_tags(ResourceArn=arn)["Tags"] == {"a": "4"}
    assert client.get_api(ApiId=api.api_id)["Tags"] == {"a": "4"}


@pytest.mark.parametrize(
    ("arn", "status"),
    [
        ("not an arn", 400),
        ("arn:aws:apigateway:us-east-1::/apis", 400),
        ("arn:aws:apigateway:us-east-1::/apis/unknown", 404),
        ("arn:aws:apigateway:us-east-1::/vpclinks/unknown", 404),
        ("arn:aws:apigateway:us-east-1::/apis/{api}/routes/{route}", 400),
    ],
)
def test_an_arn_that_takes_no_tags_is_refused(client, api, arn, status):
    route = client.get_routes(ApiId=api.api_id)["Items"][0]["RouteId"]

    with pytest.raises(ClientError) as raised:
        client.get_tags(ResourceArn=arn.format(api=api.api_id, route=route))
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def open_socket(gateway, domain, path):
    """A socket to the gateway under the domain's name, as its DNS record would lead there."""
    host, port = gateway.url.removeprefix("http://").split(":")
    sock = socket.create_connection((host, int(port)), timeout=10)
    return connect(f"ws://{domain}:{port}/{path}", sock=sock, proxy=None, open_timeout=10)


def connections_api(gateway, domain, path):
    """`@connections` under the domain's name, signed for it."""
    port = gateway.url.rpartition(":")[2]
    client = management(f"http://{domain}:{port}/{path}".rstrip("/"))

    def send(request, **kwargs):
        request.url = request.url.replace(f"http://{domain}:{port}", gateway.url)
        request.headers["Host"] = f"{domain}:{port}"
        return URLLib3Session().send(request)

    client.meta.events.register("before-send", send)
    return client


@pytest.mark.fact(
    "custom-domain-with-key",
    "custom-domain-without-key",
    "custom-domain-path",
    "context-domain-name",
)
@pytest.mark.parametrize("key", ["", "chat"])
def test_sockets_and_connections_go_through_a_mapped_domain(gateway, client, domain, key):
    api = deploy_api(client, "http://127.0.0.1:9", ("$default",))
    client.create_api_mapping(DomainName=domain, ApiId=api.api_id, Stage="test", ApiMappingKey=key)

    with open_socket(gateway, domain, key) as browser:
        browser.send("to a backend that does not answer")
        connection_id = json.loads(browser.recv(timeout=10))["connectionId"]
        connections_api(gateway, domain, key).post_to_connection(
            ConnectionId=connection_id, Data=b"hello"
        )
        assert browser.recv(timeout=10) == "hello"

        # The stage is in the mapping; repeating it is the mistake so many report.
        wrong = connections_api(gateway, domain, f"{key}/test".lstrip("/"))
        with pytest.raises(ClientError) as raised:
            wrong.post_to_connection(ConnectionId=connection_id, Data=b"hello")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert "No method found matching route test/@connections/" in str(raised.value)


def test_a_domain_without_a_mapping_for_the_path_refuses(gateway, client, domain, api):
    client.create_api_mapping(
        DomainName=domain, ApiId=api.api_id, Stage="test", ApiMappingKey="chat"
    )

    for path in ("", "test", "v2/apis"):
        with pytest.raises(InvalidStatus, match="403"):
            open_socket(gateway, domain, path)


def test_a_deleted_domain_is_a_foreign_host_again(gateway, client, domain, api):
    client.create_api_mapping(DomainName=domain, ApiId=api.api_id, Stage="test")
    client.delete_domain_name(DomainName=domain)

    with pytest.raises(InvalidStatus, match="403"):
        open_socket(gateway, domain, "")
    client.delete_api(ApiId=api.api_id)


def test_domains_survive_a_restart_with_a_state_file(tmp_path):
    state = ("--quiet", "--state", str(tmp_path / "state.json"))
    with gateway_process(*state) as first:
        client = control_plane(first.url)
        api = deploy_api(client, "http://127.0.0.1:9", ("$default",))
        client.create_domain_name(
            DomainName="kept.example.com", DomainNameConfigurations=[CONFIGURATION]
        )
        client.create_api_mapping(DomainName="kept.example.com", ApiId=api.api_id, Stage="test")
    with gateway_process(*state) as second, open_socket(second, "kept.example.com", "") as browser:
        browser.send("x")
        assert "connectionId" in browser.recv(timeout=10)
