"""boto3 judges the settings of domain names: certificate, policy, status and routing mode."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.conformance.members import CERTIFICATE, NAMES
from tests.conformance.test_boto3_domains import connections_api, open_socket
from tests.gateway.aws import control_plane, deploy_api
from tests.gateway.processes import gateway_process
from tests.waiting import eventually

CONFIGURATION = {"CertificateArn": CERTIFICATE}


def new_name():
    return f"settings{next(NAMES)}.example.com"


def create(client, configuration, **given):
    return client.create_domain_name(
        DomainName=new_name(), DomainNameConfigurations=[configuration], **given
    )


@pytest.mark.fact("domain-certificate", "domain-ip-address-type")
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"CertificateArn": ""}, "CertificateArn is required"),
        ({"CertificateArn": "certificate"}, "certificateArn: Member must satisfy regular"),
        ({"IpAddressType": "ipv6"}, "ipAddressType: .*ipv4, dualstack"),
        ({"SecurityPolicy": "TLS_1_3"}, "securityPolicy: .*TLS_1_2"),
        ({"SecurityPolicy": "TLS_1_0"}, "security policy of TLS 1.2"),
        ({"EndpointType": "PRIVATE"}, "endpointType: .*REGIONAL"),
    ],
)
def test_a_configuration_no_websocket_api_has_is_refused_new_or_changed(client, change, text):
    made = create(client, CONFIGURATION)["DomainName"]
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        create(client, CONFIGURATION | change)
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        client.update_domain_name(
            DomainName=made, DomainNameConfigurations=[CONFIGURATION | change]
        )

    [configuration] = client.get_domain_name(DomainName=made)["DomainNameConfigurations"]
    assert configuration["IpAddressType"] == "ipv4"


@pytest.mark.fact("domain-certificate")
def test_a_domain_without_a_certificate_is_refused(client):
    with pytest.raises(client.exceptions.BadRequestException, match="CertificateArn is required"):
        create(client, {})


def status_of(domain):
    [configuration] = domain["DomainNameConfigurations"]
    return configuration["DomainNameStatus"]


@pytest.mark.fact("domain-updating")
def test_a_changed_domain_is_updating_until_the_gateways_clock_has_gone_a_minute(client):
    name = create(client, CONFIGURATION)["DomainName"]
    assert status_of(client.get_domain_name(DomainName=name)) == "AVAILABLE"
    changed = client.update_domain_name(
        DomainName=name, DomainNameConfigurations=[CONFIGURATION | {"IpAddressType": "dualstack"}]
    )

    assert status_of(changed) == "UPDATING"
    assert status_of(client.get_domain_name(DomainName=name)) == "UPDATING"
    [listed] = [
        item
        for page in client.get_paginator("get_domain_names").paginate()
        for item in page["Items"]
        if item["DomainName"] == name
    ]
    assert status_of(listed) == "UPDATING"
    assert listed["DomainNameConfigurations"][0]["IpAddressType"] == "dualstack"


@pytest.mark.fact("domain-updating")
def test_a_domain_is_available_again_as_fast_as_the_clock_runs():
    with gateway_process("--clock-speed", "600") as gateway:
        client = control_plane(gateway.url)
        name = create(client, CONFIGURATION)["DomainName"]
        changed = client.update_domain_name(
            DomainName=name, DomainNameConfigurations=[CONFIGURATION]
        )

        assert status_of(changed) == "UPDATING"
        assert eventually(lambda: status_of(client.get_domain_name(DomainName=name)) == "AVAILABLE")


@pytest.mark.fact("routing-mode")
def test_mappings_are_followed_in_the_modes_that_have_them(gateway, client):
    api = deploy_api(client, "http://127.0.0.1:9", routes=("$default",))
    name = create(client, CONFIGURATION, RoutingMode="ROUTING_RULE_THEN_API_MAPPING")["DomainName"]
    mapping = {"DomainName": name, "ApiId": api.api_id, "Stage": "test"}
    client.create_api_mapping(**mapping)
    with open_socket(gateway, name, ""):
        pass
    changed = client.update_domain_name(DomainName=name, RoutingMode="ROUTING_RULE_ONLY")

    assert changed["RoutingMode"] == "ROUTING_RULE_ONLY"
    with pytest.raises(InvalidStatus, match="403"), open_socket(gateway, name, ""):
        pass
    connections = connections_api(gateway, name, "")
    with pytest.raises(connections.exceptions.ForbiddenException):
        connections.get_connection(ConnectionId="L0SM9cOFvHcCIhw=")
    with pytest.raises(client.exceptions.BadRequestException, match="ROUTING_RULE_ONLY"):
        client.create_api_mapping(**mapping, ApiMappingKey="chat")
    assert len(client.get_api_mappings(DomainName=name)["Items"]) == 1
    with pytest.raises(client.exceptions.BadRequestException, match="routingMode"):
        client.update_domain_name(DomainName=name, RoutingMode="ANYTHING")
