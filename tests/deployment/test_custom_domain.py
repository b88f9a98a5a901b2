"""Custom domains of rows, judged by boto3 against the local gateway."""

from unittest.mock import MagicMock, patch

import pytest
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command

from django_aws_api_gateway_websockets.models import ApiGateway
from tests.provisioning.judge import Judge

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

Status = ApiGateway.ProvisioningStatus
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/abc"
PATCH_POINT = "django_aws_api_gateway_websockets.models.get_boto3_client"


@pytest.fixture
def client(local_gateway):
    return Judge(local_gateway).client


@pytest.fixture
def domain(client):
    name = "ws.example.com"
    yield name
    if name in {item["DomainName"] for item in client.get_domain_names()["Items"]}:
        client.delete_domain_name(DomainName=name)


@pytest.fixture
def gateway(domain):
    gateway = ApiGateway.objects.create(
        api_name="With a domain",
        target_base_endpoint="http://127.0.0.1:9/ws/",
        domain_name=domain,
        certificate_arn=CERTIFICATE,
        hosted_zone_id="Z123",
    )
    gateway.create_gateway()
    return gateway


def create_domain(client, name):
    return client.create_domain_name(
        DomainName=name, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}]
    )["DomainNameConfigurations"][0]["ApiGatewayDomainName"]


def test_a_domain_is_created_and_mapped(gateway, client, domain):
    assert gateway.create_custom_domain() is None

    gateway.refresh_from_db()
    configuration = client.get_domain_name(DomainName=domain)["DomainNameConfigurations"][0]
    mapping = client.get_api_mappings(DomainName=domain)["Items"][0]
    assert configuration["CertificateArn"] == CERTIFICATE
    assert configuration["HostedZoneId"] == "Z123"
    assert gateway.api_gateway_domain_name == configuration["ApiGatewayDomainName"]
    assert (mapping["ApiId"], mapping["Stage"]) == (gateway.api_id, "production")
    assert gateway.api_mapping_id == mapping["ApiMappingId"]
    assert gateway.custom_domain_created
    assert gateway.provisioning_status == Status.MAPPED
    gateway.create_custom_domain()


def test_a_domain_and_a_mapping_that_exist_are_adopted(gateway, client, domain):
    target = create_domain(client, domain)
    mapping = client.create_api_mapping(DomainName=domain, ApiId=gateway.api_id, Stage="production")

    gateway.create_custom_domain()

    assert gateway.api_gateway_domain_name == target
    assert gateway.api_mapping_id == mapping["ApiMappingId"]
    assert gateway.provisioning_status == Status.MAPPED


def test_a_domain_that_leads_to_another_api_is_not_taken_from_it(gateway, client, domain):
    other = ApiGateway.objects.create(
        api_name="Other", target_base_endpoint="http://127.0.0.1:9/ws/"
    )
    other.create_gateway()
    create_domain(client, domain)
    client.create_api_mapping(DomainName=domain, ApiId=other.api_id, Stage="production")

    with pytest.raises(ClientError, match="key already exists"):
        gateway.create_custom_domain()

    gateway.refresh_from_db()
    assert gateway.provisioning_status == Status.DOMAIN_CREATED
    assert gateway.last_error == "ConflictException: ConflictException"


def test_a_run_that_stopped_after_the_domain_only_maps(gateway, client, domain):
    create_domain(client, domain)
    ApiGateway.objects.update(
        provisioning_status=Status.DOMAIN_CREATED, custom_domain_created=True, last_error="x"
    )
    gateway.refresh_from_db()

    gateway.create_custom_domain()

    assert gateway.provisioning_status == Status.MAPPED
    assert gateway.last_error == ""


@pytest.mark.parametrize("column", ["certificate_arn", "domain_name"])
def test_a_missing_column_is_named_before_any_call(gateway, column):
    setattr(gateway, column, "")

    with pytest.raises(ValueError, match=f"set {column} first"):
        gateway.create_custom_domain()


def test_a_domain_before_its_api_is_refused():
    gateway = ApiGateway.objects.create(api_name="Pending", certificate_arn=CERTIFICATE)

    with pytest.raises(ValueError, match="create the API before its custom domain"):
        gateway.create_custom_domain()


def test_another_refusal_is_raised_as_it_is_and_noted(gateway, client, domain):
    client.delete_api(ApiId=gateway.api_id)

    with pytest.raises(ClientError, match="Invalid API identifier specified"):
        gateway.create_custom_domain()

    gateway.refresh_from_db()
    assert gateway.last_error == "BadRequestException: BadRequestException"


@pytest.mark.parametrize(
    ("refusal", "found", "raised"),
    [
        # Another account has the name.
        ("The domain name you provided already exists.", "NotFoundException", "already exists"),
        ("The domain name you provided already exists.", "AccessDeniedException", "AccessDenied"),
        ("The certificate is not valid.", "", "certificate"),
    ],
)
def test_a_domain_that_is_not_ours_is_not_adopted(gateway, refusal, found, raised):
    double = MagicMock()
    double.create_domain_name.side_effect = ClientError(
        {"Error": {"Code": "BadRequestException", "Message": refusal}}, "CreateDomainName"
    )
    double.get_domain_name.side_effect = ClientError({"Error": {"Code": found}}, "GetDomainName")

    with patch(PATCH_POINT, return_value=double), pytest.raises(ClientError, match=raised):
        gateway.create_custom_domain()

    double.create_api_mapping.assert_not_called()


def test_the_documented_calls_are_made_on_the_documented_double(api_gateway):
    api_gateway.domain_name, api_gateway.certificate_arn = "ws.example.com", CERTIFICATE

    with patch(PATCH_POINT) as get_client:
        api_gateway.create_custom_domain()

    double = get_client.return_value
    double.create_domain_name.assert_called_once_with(
        DomainName="ws.example.com",
        DomainNameConfigurations=[
            {
                "CertificateArn": CERTIFICATE,
                "DomainNameStatus": "AVAILABLE",
                "EndpointType": "REGIONAL",
                "SecurityPolicy": "TLS_1_2",
            }
        ],
    )
    double.create_api_mapping.assert_called_once_with(
        ApiId="a1b2c3d4e5", DomainName="ws.example.com", Stage="production"
    )
    api_gateway.refresh_from_db()
    assert api_gateway.provisioning_status == Status.MAPPED


def test_the_command_says_what_dns_needs_and_refuses_a_second_time(gateway, capsys):
    call_command("createCustomDomain", pk=gateway.pk)

    gateway.refresh_from_db()
    assert capsys.readouterr().out == (
        "With a domain is served at wss://ws.example.com once its DNS record points to "
        f"{gateway.api_gateway_domain_name}\n"
    )
    with pytest.raises(CommandError, match="has its custom domain already"):
        call_command("createCustomDomain", pk=gateway.pk)
