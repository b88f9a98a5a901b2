"""The policies allow what the package asks of AWS, and what it does not ask they refuse."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

import django_aws_api_gateway_websockets as package
from tests.docs.pages import DOCS

FILES = DOCS / "how-to" / "aws" / "files"
PACKAGE = Path(package.__path__[0])
NEVER_IN_AWS = {"gateway", "testing"}
"""Folders that call no AWS."""
MODEL = botocore.session.get_session().get_service_model("apigatewayv2")
OPERATIONS = {xform_name(name): MODEL.operation_model(name) for name in MODEL.operation_names}
CONNECTIONS = botocore.session.get_session().get_service_model("apigatewaymanagementapi")

OURS = {"ApiId": "a1b2c3d4e5", "DomainName": "ws.example.com"}
OF_THE_ACCOUNT = {"create_api", "get_apis", "create_domain_name", "get_domain_names"}
"""Calls that are about no API in particular."""


def statements(name: str) -> list[dict]:
    return json.loads((FILES / name).read_text())["Statement"]


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allows(policy: list[dict], action: str, resource: str) -> bool:
    """Tell what IAM would say; the policies here have no denials."""
    return any(
        statement["Effect"] == "Allow"
        and any(fnmatchcase(action, one) for one in as_list(statement["Action"]))
        and any(fnmatchcase(resource, one) for one in as_list(statement["Resource"]))
        for statement in policy
    )


def asked_of_aws() -> Iterator[str]:
    """The methods of boto3's client for APIs that the package names anywhere, as `.get_api` do."""
    for path in PACKAGE.rglob("*.py"):
        if not NEVER_IN_AWS & set(path.relative_to(PACKAGE).parts):
            yield from re.findall(r"[.\"](\w+_\w+)\b", path.read_text())


CALLS = sorted(set(asked_of_aws()) & set(OPERATIONS))


def need(method: str, **ids: str) -> tuple[str, str]:
    """The action and the resource of a call.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
    """
    http = OPERATIONS[method].http
    path = http["requestUri"].removeprefix("/v2")
    for name, value in (OURS | ids).items():
        path = path.replace(f"{{{name[0].lower()}{name[1:]}}}", value)
    path = re.sub(r"{\w+}", "abc123", path)
    return f"apigateway:{http['method']}", f"arn:aws:apigateway:eu-west-1::{path}"


def test_the_calls_were_found():
    needed = {"create_api", "create_integration", "update_route", "create_route_response"}
    needed |= {"create_deployment", "create_stage", "create_api_mapping", "get_api_mappings"}

    assert needed | {"delete_integration", "get_domain_name", "get_route_responses"} <= set(CALLS)


@pytest.mark.parametrize("method", [*CALLS, "delete_api", "delete_domain_name"])
def test_the_deploy_policy_allows_each_call(method):
    assert allows(statements("deploy-policy.json"), *need(method))


def test_the_deploy_policy_gives_nothing_beyond_apis_domains_and_one_role():
    actions = {a for one in statements("deploy-policy.json") for a in as_list(one["Action"])}
    verbs = {f"apigateway:{verb}" for verb in ("GET", "POST", "PATCH", "DELETE")}

    assert actions == verbs | {"iam:CreateServiceLinkedRole"}
    sending = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/production/POST/@connections/x"
    assert not allows(statements("deploy-policy.json"), "execute-api:ManageConnections", sending)


@pytest.mark.parametrize("method", sorted(set(CALLS) - OF_THE_ACCOUNT))
def test_the_policy_of_one_api_allows_what_concerns_that_api_alone(method):
    policy = statements("deploy-policy-of-one-api.json")

    assert allows(policy, *need(method))
    assert not allows(policy, *need(method, ApiId="e5d4c3b2a1", DomainName="other.example.com"))


@pytest.mark.parametrize("method", sorted(OF_THE_ACCOUNT))
def test_the_policy_of_one_api_makes_no_others(method):
    assert not allows(statements("deploy-policy-of-one-api.json"), *need(method))


def connection(verb: str, *, api: str = "a1b2c3d4e5", stage: str = "production") -> str:
    # AWS compares with the name of the parameter, and not with the id of a connection.
    where = f"{api}/{stage}/{verb}/@connections/{{connectionId}}"
    return f"arn:aws:execute-api:eu-west-1:123456789012:{where}"


def test_the_runtime_policy_manages_connections_of_one_stage_and_nothing_else():
    policy = statements("runtime-policy.json")
    verbs = {
        CONNECTIONS.operation_model(name).http["method"] for name in CONNECTIONS.operation_names
    }

    assert [as_list(one["Action"]) for one in policy] == [["execute-api:ManageConnections"]]
    assert verbs == {"POST", "GET", "DELETE"}
    for verb in verbs:
        action = "execute-api:ManageConnections"
        assert allows(policy, action, connection(verb))
        assert not allows(policy, action, connection(verb, api="e5d4c3b2a1"))
        assert not allows(policy, action, connection(verb, stage="staging"))
