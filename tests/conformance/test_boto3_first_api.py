"""boto3 judges what the first API, `apigateway`, has for everybody: lists, tags and refusals."""

import re
from itertools import count

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.conformance.control_plane import create_api
from tests.conformance.test_boto3_members import SOMETHING, facts, trimmed
from tests.gateway.aws import first_control_plane

MODEL = botocore.session.get_session().get_service_model("apigateway")
NUMBERS = count()

SERVED = {"account", "clientcertificates", "tags", "vpclinks"}
FACTS_OF_OTHERS = {
    "apikeys": "api-keys-and-usage-plans",
    "domainnameaccessassociations": "domain-name-access",
    "domainnames": "domain-names-of-rest-apis",
    "rejectdomainnameaccessassociations": "domain-name-access",
    "restapis": "rest-apis",
    "sdktypes": "rest-apis",
    "usageplans": "api-keys-and-usage-plans",
}
"""The fact about each collection that is not served."""


def collection_of(operation):
    return MODEL.operation_model(operation).http["requestUri"].split("/")[1].partition("?")[0]


def one_of_each():
    """An operation of each collection, and one of base path mappings."""
    found = {collection_of(name): name for name in MODEL.operation_names}
    return sorted({found[name] for name in FACTS_OF_OTHERS} | {"GetBasePathMappings"})


@pytest.fixture
def first(gateway):
    return first_control_plane(gateway.url)


def test_every_collection_of_the_model_is_served_or_refused_here():
    assert {collection_of(name) for name in MODEL.operation_names} == SERVED | set(FACTS_OF_OTHERS)


@pytest.mark.fact("api-keys-and-usage-plans", "domain-name-access")
@pytest.mark.fact("domain-names-of-rest-apis", "rest-apis")
@pytest.mark.parametrize("operation", one_of_each())
def test_a_collection_that_is_not_served_says_so_in_a_sentence(first, operation):
    shape = MODEL.operation_model(operation).input_shape
    given = {
        name: trimmed(shape.members[name], SOMETHING[shape.members[name].type_name])
        for name in shape.required_members
    }
    with pytest.raises(ClientError) as caught:
        getattr(first, xform_name(operation))(**given)

    error = caught.value.response["Error"]
    assert error["Code"] == "NotFoundException"
    assert re.match(r"The local gateway has no '[a-z]+': [A-Za-z].{20,}\.$", error["Message"])
    assert FACTS_OF_OTHERS[collection_of(operation)] in facts()


@pytest.mark.fact("rest-apis", "domain-names-of-rest-apis", "api-keys-and-usage-plans")
@pytest.mark.parametrize(
    ("call", "arguments", "text"),
    [
        ("create_rest_api", {"name": "a"}, "'restapis': create a WebSocket API with .*v2"),
        ("create_api_key", {}, "'apikeys': API keys are not checked here"),
        ("get_usage_plans", {}, "'usageplans': API keys are not checked here"),
        ("create_domain_name", {"domainName": "a.b"}, "'domainnames': .*use CreateDomainName"),
        (
            "create_base_path_mapping",
            {"domainName": "a.b", "restApiId": "a"},
            "'basepathmappings': .*use CreateDomainName and CreateApiMapping",
        ),
    ],
)
def test_the_sentence_says_what_to_do_instead(first, call, arguments, text):
    with pytest.raises(ClientError, match=text):
        getattr(first, call)(**arguments)


def make_links(first, how_many):
    """VPC links, by their names."""
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/a/1"
    names = [f"link{next(NUMBERS)}" for _ in range(how_many)]
    return {name: first.create_vpc_link(name=name, targetArns=[arn])["id"] for name in names}


@pytest.fixture
def links(first):
    made = make_links(first, 5)
    yield made
    for link_id in made.values():
        first.delete_vpc_link(vpcLinkId=link_id)


@pytest.mark.fact("first-api-pages")
def test_a_list_comes_in_pages(first, links):
    page = first.get_vpc_links(limit=2)
    seen = [item["name"] for item in page["items"]]
    while position := page.get("position"):
        assert len(page["items"]) == 2
        page = first.get_vpc_links(limit=2, position=position)
        seen += [item["name"] for item in page["items"]]

    assert seen == list(links)
    pages = first.get_paginator("get_vpc_links").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["items"]) for page in pages] == [3, 2]


@pytest.mark.fact("first-api-pages")
@pytest.mark.parametrize(
    ("query", "text"),
    [({"limit": 501}, "Limit must be a number between 1 and 500"), ({"position": "?"}, "Position")],
)
def test_a_page_that_is_none_is_refused(first, query, text):
    with pytest.raises(first.exceptions.BadRequestException, match=text):
        first.get_client_certificates(**query)


@pytest.mark.fact("first-api-tags")
def test_tags_are_read_added_and_taken_out(first, client):
    certificate = first.generate_client_certificate(tags={"team": "chat"})["clientCertificateId"]
    api = create_api(client)["ApiId"]
    for path in (f"clientcertificates/{certificate}", f"apis/{api}"):
        arn = f"arn:aws:apigateway:us-east-1::/{path}"
        put = first.tag_resource(resourceArn=arn, tags={"cost": "1", "team": "games"})
        first.untag_resource(resourceArn=arn, tagKeys=["cost"])

        assert put["ResponseMetadata"]["HTTPStatusCode"] == 204
        assert first.get_tags(resourceArn=arn)["tags"] == {"team": "games"}
    read = first.get_client_certificate(clientCertificateId=certificate)
    assert read["tags"] == {"team": "games"}
    with pytest.raises(first.exceptions.NotFoundException):
        first.get_tags(resourceArn="arn:aws:apigateway:us-east-1::/vpclinks/none")
    first.delete_client_certificate(clientCertificateId=certificate)


@pytest.mark.fact("first-api-patches")
@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (
            {"op": "replace", "path": "/id", "value": "x"},
            r"path  '/id' specified for op 'replace'. Must be one of: \[/description, /name\]",
        ),
        (
            {"op": "remove", "path": "/name"},
            "Invalid patch path  '/name' specified for op 'remove'. Please choose supported",
        ),
        (
            {"op": "add", "path": "/targetArns", "value": "x"},
            "Target arns are not allowed to be changed/added.",
        ),
        ({"op": "replace", "path": "/name", "value": ""}, "at 'name' failed to satisfy"),
    ],
)
def test_a_patch_of_something_else_is_refused(first, links, operation, text):
    link = next(iter(links.values()))
    with pytest.raises(first.exceptions.BadRequestException, match=text):
        first.update_vpc_link(vpcLinkId=link, patchOperations=[operation])


def test_a_method_that_is_none_is_not_found(first):
    first.meta.events.register(
        "before-sign.api-gateway.*", lambda request, **_: setattr(request, "method", "PUT")
    )
    with pytest.raises(first.exceptions.NotFoundException, match="There is no PUT for this"):
        first.get_vpc_links()
