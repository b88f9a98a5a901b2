"""CloudFormation and Terraform make the API that `create_gateway()` makes."""

import re
import sys
from io import StringIO

import pytest
import yaml

from django_aws_api_gateway_websockets.models import ApiGateway, integration_request_parameters
from tests.docs.cloud_templates import CloudFormation, Terraform
from tests.docs.pages import DOCS
from tests.gateway.aws import control_plane

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

FILES = DOCS / "how-to" / "aws" / "files"
ENDPOINT = "http://127.0.0.1:8000/ws/"
SECRET = "s" * 40
DOMAIN = "ws.example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11112222-3333-4444-5555-666677778888"
STANDS_FOR_THE_HEADER = "X-Ws-Source-Ip-0123456789abcdef"


@pytest.fixture
def client(local_gateway, settings):
    settings.WEBSOCKETS = {**settings.WEBSOCKETS, "gateway_secret": SECRET}
    client = control_plane(local_gateway)
    yield client
    for name in [one["DomainName"] for one in client.get_domain_names()["Items"]]:
        if name == DOMAIN:
            client.delete_domain_name(DomainName=name)


def printed_headers() -> dict[str, str]:
    """Return the headers that the manual has people print for their templates."""
    before, sys.stdout = sys.stdout, StringIO()
    try:
        exec((FILES / "integration_headers.py").read_text(), {})
        lines = sys.stdout.getvalue().splitlines()
    finally:
        sys.stdout = before
    return dict(line.split(" = ") for line in lines)


def address_header() -> str:
    (name,) = [name for name in printed_headers() if "Source-Ip" in name]
    return name.removeprefix("integration.request.header.")


def form(client, api_id: str) -> dict:
    """Describe an API without the ids and times of AWS."""
    api = client.get_api(ApiId=api_id)
    kept = ("Name", "ProtocolType", "ApiKeySelectionExpression", "RouteSelectionExpression")
    integrations = {
        f"integrations/{one.pop('IntegrationId')}": one
        for one in client.get_integrations(ApiId=api_id)["Items"]
    }
    routes = {}
    for route in client.get_routes(ApiId=api_id)["Items"]:
        route.pop("RouteId")
        routes[route["RouteKey"]] = route | {"Target": integrations[route["Target"]]}
    stages = {
        one["StageName"]: bool(one["DeploymentId"])
        for one in client.get_stages(ApiId=api_id)["Items"]
    }
    mappings = client.get_api_mappings(DomainName=DOMAIN)["Items"]
    mapped = [
        (one["Stage"], one.get("ApiMappingKey", "")) for one in mappings if one["ApiId"] == api_id
    ]
    configuration = client.get_domain_name(DomainName=DOMAIN)["DomainNameConfigurations"][0]
    domain = {
        key: configuration[key] for key in ("CertificateArn", "EndpointType", "SecurityPolicy")
    }
    return {
        "api": {key: api.get(key) for key in kept},
        "routes": routes,
        "stages": stages,
        "mapped": mapped,
        "domain": domain,
    }


@pytest.fixture
def ours(client) -> dict:
    gateway = ApiGateway.objects.create(
        api_name="Chat",
        target_base_endpoint=ENDPOINT,
        domain_name=DOMAIN,
        certificate_arn=CERTIFICATE,
    )
    gateway.create_gateway()
    gateway.create_custom_domain()
    found = form(client, gateway.api_id)
    client.delete_domain_name(DomainName=DOMAIN)
    return found


def test_the_templates_make_the_same_api_as_we_do(client, ours, tmp_path):
    template = tmp_path / "template.yaml"
    text = (FILES / "template.yaml").read_text()
    template.write_text(text.replace(STANDS_FOR_THE_HEADER, address_header()))
    formed = CloudFormation(
        client,
        {
            "BaseEndpoint": ENDPOINT,
            "GatewaySecret": SECRET,
            "DomainName": DOMAIN,
            "CertificateArn": CERTIFICATE,
            "HostedZoneId": "Z1",
        },
    ).apply(template)
    of_template = form(client, formed.refer("Api"))
    record = formed.resolve(formed.template["Resources"]["Record"]["Properties"])
    configuration = client.get_domain_name(DomainName=DOMAIN)["DomainNameConfigurations"][0]
    client.delete_domain_name(DomainName=DOMAIN)

    terraformed = Terraform(
        client,
        {
            "base_endpoint": ENDPOINT,
            "gateway_secret": SECRET,
            "address_header": address_header(),
            "domain_name": DOMAIN,
            "certificate_arn": CERTIFICATE,
        },
    ).apply(FILES / "main.tf")
    of_terraform = form(client, terraformed.refer("aws_apigatewayv2_api.chat"))

    assert set(ours["routes"]) == {"$connect", "$disconnect", "$default"}
    assert of_template == ours
    assert of_terraform == ours
    assert record["AliasTarget"]["DNSName"] == configuration["ApiGatewayDomainName"]
    assert record["AliasTarget"]["HostedZoneId"] == configuration["HostedZoneId"]


def test_the_printed_headers_are_those_of_our_integrations(settings):
    settings.WEBSOCKETS = {"gateway_secret": SECRET}

    assert printed_headers() == integration_request_parameters()


def test_a_template_takes_what_may_be_and_refuses_a_short_secret():
    text = re.sub(r"!\w+ ", "", (FILES / "template.yaml").read_text())
    parameters = yaml.safe_load(text)["Parameters"]

    assert re.fullmatch(parameters["BaseEndpoint"]["AllowedPattern"], "https://www.example.com/ws/")
    assert not re.fullmatch(
        parameters["BaseEndpoint"]["AllowedPattern"], "https://www.example.com/ws"
    )
    assert re.fullmatch(parameters["GatewaySecret"]["AllowedPattern"], SECRET)
    assert not re.fullmatch(parameters["GatewaySecret"]["AllowedPattern"], SECRET[:31])
