"""boto3 judges what becomes of each member a client may give: kept, refused, or a difference."""

import re
import tomllib
from contextlib import suppress

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.conformance.fidelity import FACTS
from tests.conformance.members import (
    CONFIGURATION,
    MODEL,
    VALUES,
    Workshop,
    members_of,
)

CALLS = [(verb, kind) for kind in VALUES for verb in ("Create", "Update")]
GIVEN = [(verb, kind, member) for verb, kind in CALLS for member in members_of(verb, kind)]

NAMED_DIFFERENCES = {
    ("Api", "CredentialsArn"): "quick-create",
    ("Api", "RouteKey"): "quick-create",
    ("Api", "Target"): "quick-create",
    ("Deployment", "StageName"): "stage-before-or-after",
    ("DomainName", "DomainNameConfigurations"): "domain-output-members",
}
"""Members neither kept as they were given nor refused, with the fact that says why."""

OUTPUT_MEMBERS = {
    "ApiGatewayDomainName",
    "CertificateUploadDate",
    "DomainNameStatus",
    "DomainNameStatusMessage",
}
"""Members of a configuration that API Gateway sets itself."""


def facts():
    return {name for path in FACTS.glob("[0-9]*.toml") for name in tomllib.loads(path.read_text())}


def give(workshop, verb, kind, member, value):
    """The resource that was given a member, or the error for it."""
    try:
        if verb == "Create":
            return workshop.create(kind, **{member: value}), None
        return workshop.update(kind, workshop.create(kind), **{member: value}), None
    except ClientError as error:
        return {}, error.response["Error"]


@pytest.mark.parametrize(("verb", "kind", "member"), GIVEN)
def test_a_given_member_is_kept_or_refused_by_name_or_is_a_named_difference(
    client, verb, kind, member
):
    workshop = Workshop(client)
    value = workshop.value(kind, member)
    made, error = give(workshop, verb, kind, member, value)

    if error is not None:
        assert error["Code"] == "BadRequestException"
        assert member.lower() in error["Message"].lower()
    elif (kind, member) in NAMED_DIFFERENCES:
        assert NAMED_DIFFERENCES[kind, member] in facts()
    else:
        assert made[member] == value


@pytest.mark.fact("domain-output-members")
@pytest.mark.parametrize("member", CONFIGURATION)
def test_a_member_of_a_domain_is_kept_or_api_gateways_own(client, member):
    workshop = Workshop(client)
    given = CONFIGURATION[member]
    arguments = {**workshop.needed("DomainName")["DomainNameConfigurations"][0], member: given}
    made = workshop.create("DomainName", DomainNameConfigurations=[arguments])

    [configuration] = made["DomainNameConfigurations"]
    if member in OUTPUT_MEMBERS:
        assert configuration.get(member) != given
    else:
        assert configuration[member] == given


def test_the_values_here_cover_every_member_of_the_model():
    for _, kind, member in GIVEN:
        value = VALUES[kind][member]
        shape = members_of("Create", kind).get(member) or members_of("Update", kind)[member]
        assert_covers(shape, value)


def assert_covers(shape, value):
    if shape.type_name == "structure":
        assert value.keys() == shape.members.keys()
        for name, member in shape.members.items():
            assert_covers(member, value[name])
    elif shape.type_name == "list":
        assert_covers(shape.member, value[0])
    elif shape.type_name == "map":
        for item in value.values():
            assert_covers(shape.value, item)


NEEDED = {
    ("Api", "RouteSelectionExpression"),
    ("Integration", "IntegrationMethod"),
    ("Integration", "IntegrationUri"),
}
"""Members that only some kinds of a resource can do without."""

CLEARABLE = [
    (verb, kind, member)
    for verb, kind, member in GIVEN
    if members_of(verb, kind)[member].type_name == "string"
    and member not in MODEL.operation_model(f"Create{kind}").input_shape.required_members
    and (kind, member) not in NEEDED
]


@pytest.mark.fact("cleared-members")
@pytest.mark.parametrize(("verb", "kind", "member"), CLEARABLE)
def test_an_empty_text_clears_whatever_need_not_be_there(client, verb, kind, member):
    workshop = Workshop(client)
    if verb == "Create":
        after = workshop.create(kind, **{member: ""})
        before = Workshop(client).create(kind)
    else:
        before = workshop.create(kind)
        # Not everything can be set here, but to clear it is no mistake anywhere.
        with suppress(ClientError):
            workshop.update(kind, before, **{member: workshop.value(kind, member)})
        after = workshop.update(kind, before, **{member: ""})

    assert (after.get(member) or None) == (before.get(member) or None)
    assert after.get(member) == workshop.get(kind, after).get(member)


@pytest.mark.fact("cleared-members")
def test_a_required_member_cannot_be_cleared(client):
    workshop = Workshop(client)
    for kind, member in [
        ("Api", "Name"),
        ("Api", "RouteSelectionExpression"),
        ("Route", "RouteKey"),
        ("Integration", "IntegrationMethod"),
        ("Integration", "IntegrationUri"),
        ("Integration", "IntegrationType"),
        ("Model", "Name"),
        ("IntegrationResponse", "IntegrationResponseKey"),
    ]:
        with pytest.raises(client.exceptions.BadRequestException, match=f"(?i){member}|URI"):
            workshop.update(kind, workshop.create(kind), **{member: ""})


SERVED = {f"{verb}{kind}" for kind in VALUES for verb in ("Create", "Delete", "Get", "Update")} | {
    "DeleteAccessLogSettings",
    "DeleteRouteRequestParameter",
    "DeleteRouteSettings",
    "GetApiMappings",
    "GetApis",
    "GetDeployments",
    "GetDomainNames",
    "GetIntegrationResponses",
    "GetIntegrations",
    "GetModelTemplate",
    "GetModels",
    "GetRouteResponses",
    "GetRoutes",
    "GetStages",
    "GetTags",
    "TagResource",
    "UntagResource",
}
FACTS_OF_OTHERS = {
    "Authorizer": "authorizers",
    "CorsConfiguration": "cors",
    "Portal": "portals",
    "Product": "portals",
    "RoutingRule": "routing-rules",
    "VpcLink": "vpc-links",
    "ExportApi": "import-and-export",
    "portApi": "import-and-export",
}
OTHERS = sorted(set(MODEL.operation_names) - SERVED)


@pytest.mark.fact("authorizers", "cors", "portals", "routing-rules", "vpc-links")
@pytest.mark.fact("import-and-export")
@pytest.mark.parametrize("operation", OTHERS)
def test_an_operation_that_is_not_served_says_so_in_a_sentence(client, operation):
    workshop = Workshop(client)
    known = {"ApiId": workshop.api, "StageName": "prod", "DomainName": "", "Specification": "OAS30"}
    if "RoutingRule" in operation:
        known["DomainName"] = workshop.domain
    shape = MODEL.operation_model(operation).input_shape
    given = {
        name: known.get(name) or SOMETHING[shape.members[name].type_name]
        for name in shape.required_members
    }
    call = getattr(client, xform_name(operation))
    with pytest.raises(ClientError) as caught:
        call(**{name: trimmed(shape.members[name], value) for name, value in given.items()})

    [fact] = {fact for part, fact in FACTS_OF_OTHERS.items() if part in operation}
    assert caught.value.response["Error"]["Code"] in {"NotFoundException", "BadRequestException"}
    assert re.match(r"[A-Z].{20,}\.$", caught.value.response["Error"]["Message"])
    assert "at this place" not in caught.value.response["Error"]["Message"]
    assert fact in facts()


SOMETHING = {"string": "xxx", "list": [], "structure": {}, "map": {}, "integer": 1, "boolean": True}


def trimmed(shape, value):
    """A structure with what it cannot do without."""
    if shape.type_name != "structure":
        return value
    return {
        name: trimmed(shape.members[name], SOMETHING[shape.members[name].type_name])
        for name in shape.required_members
    }


@pytest.mark.fact("mutual-tls")
def test_a_domain_that_would_only_seem_to_ask_for_certificates_is_refused(client):
    workshop = Workshop(client)
    made = workshop.create("DomainName", MutualTlsAuthentication={"TruststoreUri": ""})
    with pytest.raises(client.exceptions.BadRequestException, match="would let everybody in"):
        workshop.update(
            "DomainName", made, MutualTlsAuthentication={"TruststoreUri": "s3://bucket/key"}
        )

    assert "MutualTlsAuthentication" not in workshop.get("DomainName", made)
