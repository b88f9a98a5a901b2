import os

import pytest

from django_aws_api_gateway_websockets.aws.endpoints import get_management_endpoint_url


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("region", "suffix"),
    [("eu-west-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")],
)
def test_messages_go_to_the_domain_of_the_regions_partition(region, suffix):
    url = get_management_endpoint_url(api_id="abc", stage="production", region=region)

    assert url == f"https://abc.execute-api.{region}.{suffix}/production"


def test_the_standard_variables_name_other_endpoints(monkeypatch, settings):
    def url() -> str:
        return get_management_endpoint_url(api_id="abc", stage="prod", region="eu-west-1")

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4000/")
    assert url() == "http://127.0.0.1:4000/_aws/execute-api/abc/prod"
    monkeypatch.setenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "https://ws.example.com/x")
    assert url() == "https://ws.example.com/x"
    settings.WEBSOCKETS = {"endpoint_url": "http://127.0.0.1:5000"}
    assert url() == "http://127.0.0.1:5000/_aws/execute-api/abc/prod"
