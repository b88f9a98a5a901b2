"""Limits of the control plane: boto3 goes to each of them, and one beyond it."""

import pytest
from botocore.exceptions import ClientError

from tests.conformance.control_plane import PROXY, create_api
from tests.gateway.aws import control_plane
from tests.gateway.processes import gateway_process

EXPRESSION = "$request.body."
KIBIBYTE = 1024
CONFIGURATIONS = [{"CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1"}]


def filled(start, length):
    return start + "a" * (length - len(start))


@pytest.mark.fact("lengths")
@pytest.mark.parametrize(
    ("call", "member", "longest", "start"),
    [
        ("api", "Name", 128, ""),
        ("api", "Description", 1024, ""),
        ("api", "Version", 64, ""),
        ("api", "RouteSelectionExpression", 128, EXPRESSION),
        ("route", "RouteKey", 128, ""),
        ("route", "OperationName", 64, ""),
        ("route", "ModelSelectionExpression", 128, EXPRESSION),
        ("route", "RouteResponseSelectionExpression", 128, ""),
        ("integration", "IntegrationUri", 2048, "http://127.0.0.1:9/"),
        ("integration", "Description", 1024, ""),
        ("integration", "TemplateSelectionExpression", 128, EXPRESSION),
        ("stage", "StageName", 128, ""),
        ("stage", "Description", 1024, ""),
    ],
)
def test_a_text_may_be_as_long_as_on_aws_and_no_longer(
    client, api_id, call, member, longest, start
):
    create, given = {
        "api": (lambda **values: create_api(client, **values), {}),
        "route": (client.create_route, {"ApiId": api_id, "RouteKey": "join"}),
        "integration": (client.create_integration, {"ApiId": api_id, **PROXY}),
        "stage": (client.create_stage, {"ApiId": api_id, "StageName": "prod"}),
    }[call]

    with pytest.raises(ClientError) as caught:
        create(**given | {member: filled(start, longest + 1)})
    assert caught.value.response["Error"]["Code"] == "BadRequestException"
    assert create(**given | {member: filled(start, longest)})[member] == filled(start, longest)


@pytest.mark.fact("template-size")
def test_a_template_has_at_most_300_kilobytes(client, api_id):
    mock = {"ApiId": api_id, "IntegrationType": "MOCK"}
    largest = {"$default": "a" * 300 * KIBIBYTE}
    one_more = {"$default": largest["$default"] + "a"}
    integration = client.create_integration(**mock, RequestTemplates=largest)["IntegrationId"]
    own = {"ApiId": api_id, "IntegrationId": integration, "IntegrationResponseKey": "$default"}

    client.create_integration_response(**own, ResponseTemplates=largest)
    with pytest.raises(client.exceptions.BadRequestException, match="307200 bytes"):
        client.create_integration(**mock, RequestTemplates=one_more)
    with pytest.raises(client.exceptions.BadRequestException, match="307200 bytes"):
        client.create_integration_response(
            **own | {"IntegrationResponseKey": "/2../"}, ResponseTemplates=one_more
        )


@pytest.mark.fact("log-format-size")
def test_a_log_format_has_at_most_three_kilobytes(client, api_id):
    own = {"ApiId": api_id, "StageName": "prod"}
    longest = filled("$context.requestId ", 3 * KIBIBYTE)

    with pytest.raises(client.exceptions.BadRequestException):
        client.create_stage(**own, AccessLogSettings={"Format": longest + "a"})
    stage = client.create_stage(**own, AccessLogSettings={"Format": longest})
    assert stage["AccessLogSettings"]["Format"] == longest


@pytest.mark.fact("domain-quota", "mapping-key-length")
def test_an_account_has_at_most_120_domains_and_a_mapping_key_300_characters():
    with gateway_process() as gateway:
        client = control_plane(gateway.url)
        api_id = create_api(client)["ApiId"]
        client.create_stage(ApiId=api_id, StageName="prod")
        for number in range(120):
            name = f"n{number}.example.com"
            client.create_domain_name(DomainName=name, DomainNameConfigurations=CONFIGURATIONS)
        with pytest.raises(ClientError, match="Maximum number of DomainNames for this account"):
            client.create_domain_name(
                DomainName="a.example.com", DomainNameConfigurations=CONFIGURATIONS
            )
        mapping = {"DomainName": "n0.example.com", "ApiId": api_id, "Stage": "prod"}
        with pytest.raises(client.exceptions.BadRequestException, match="apiMappingKey"):
            client.create_api_mapping(**mapping, ApiMappingKey="a" * 301)

        assert client.create_api_mapping(**mapping, ApiMappingKey="a" * 300)["ApiMappingKey"]
