"""boto3 judges integrations that are no proxy, their responses, and models."""

import json

import pytest
from botocore.exceptions import ClientError

HTTP = {
    "IntegrationType": "HTTP",
    "IntegrationMethod": "POST",
    "IntegrationUri": "http://127.0.0.1:9/ws",
}
CHAT = json.dumps({"type": "object", "properties": {"text": {"type": "string"}}})


def without_metadata(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@pytest.fixture
def integration(client, api_id):
    return client.create_integration(ApiId=api_id, **HTTP)["IntegrationId"]


@pytest.mark.parametrize("kind", [HTTP, {"IntegrationType": "MOCK"}])
def test_an_integration_that_is_no_proxy_says_how_responses_are_chosen(client, api_id, kind):
    created = client.create_integration(ApiId=api_id, **kind)

    assert created["IntegrationResponseSelectionExpression"] == "${integration.response.statuscode}"
    assert created["TimeoutInMillis"] == 29000


@pytest.mark.fact("integration-response-members")
def test_an_integration_response_lives_its_life(client, api_id, integration):
    created = client.create_integration_response(
        ApiId=api_id,
        IntegrationId=integration,
        IntegrationResponseKey="/2\\d\\d/",
        ResponseTemplates={"$default": "$input.body"},
    )
    own = {
        "ApiId": api_id,
        "IntegrationId": integration,
        "IntegrationResponseId": created["IntegrationResponseId"],
    }
    updated = client.update_integration_response(
        **own, ResponseTemplates={"other": "x"}, TemplateSelectionExpression="other"
    )
    got = client.get_integration_response(**own)
    listed = client.get_integration_responses(ApiId=api_id, IntegrationId=integration)["Items"]
    client.delete_integration_response(**own)

    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert without_metadata(created) == {
        "IntegrationResponseId": created["IntegrationResponseId"],
        "IntegrationResponseKey": "/2\\d\\d/",
        "ResponseTemplates": {"$default": "$input.body"},
    }
    assert updated["ResponseTemplates"] == {"$default": "$input.body", "other": "x"}
    assert listed == [without_metadata(updated)] == [without_metadata(got)]
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_integration_response(**own)


def test_two_integration_responses_cannot_have_the_same_key(client, api_id, integration):
    own = {"ApiId": api_id, "IntegrationId": integration, "IntegrationResponseKey": "$default"}
    client.create_integration_response(**own)

    with pytest.raises(client.exceptions.ConflictException):
        client.create_integration_response(**own)


@pytest.mark.parametrize(
    "changes",
    [
        {"IntegrationResponseKey": "200"},
        {"IntegrationResponseKey": "/(/"},
        {"ContentHandlingStrategy": "CONVERT_TO_BINARY"},
        {"ResponseParameters": {"a": "b"}},
        {"ResponseTemplates": {"$default": "#macro(x)#end"}},
        {"TemplateSelectionExpression": "$context.stage"},
    ],
)
def test_an_integration_response_that_could_not_be_honoured_is_refused(
    client, api_id, integration, changes
):
    settings = {"IntegrationResponseKey": "$default"} | changes
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_integration_response(ApiId=api_id, IntegrationId=integration, **settings)


@pytest.mark.fact("lambda-integration", "template-language")
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"IntegrationType": "AWS"}, "nothing here runs Lambda functions"),
        ({"IntegrationType": "AWS_PROXY"}, "nothing here runs Lambda functions"),
        ({"RequestTemplates": {"x": "$util.nope(1)"}}, r"\$util.nope\(\) does not exist here"),
        ({"RequestTemplates": {"x": "a\n#if(1"}}, "Line 2, column 6 of the template"),
        ({"TemplateSelectionExpression": "$integration.response.statuscode"}, "request.body"),
    ],
)
def test_an_integration_that_could_not_be_honoured_is_refused_in_words(
    client, api_id, changes, text
):
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        client.create_integration(ApiId=api_id, **HTTP | changes)


@pytest.mark.fact("model-members")
def test_a_model_lives_its_life(client, api_id):
    created = client.create_model(
        ApiId=api_id, Name="Chat", Schema=CHAT, ContentType="application/json"
    )
    own = {"ApiId": api_id, "ModelId": created["ModelId"]}
    updated = client.update_model(**own, Description="new")
    got = client.get_model(**own)
    pages = client.get_paginator("get_models").paginate(ApiId=api_id)
    client.delete_model(**own)

    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert without_metadata(created) == {
        "ContentType": "application/json",
        "ModelId": created["ModelId"],
        "Name": "Chat",
        "Schema": CHAT,
    }
    assert without_metadata(updated) == without_metadata(created) | {"Description": "new"}
    assert [item for page in pages for item in page["Items"]] == []
    assert without_metadata(got) == without_metadata(updated)


def test_models_come_in_pages(client, api_id):
    for number in range(5):
        client.create_model(ApiId=api_id, Name=f"Model{number}", Schema="{}")
    pages = client.get_paginator("get_models").paginate(
        ApiId=api_id, PaginationConfig={"PageSize": 2}
    )

    assert [[item["Name"] for item in page["Items"]] for page in pages] == [
        ["Model0", "Model1"],
        ["Model2", "Model3"],
        ["Model4"],
    ]


@pytest.mark.fact("model-members")
def test_a_template_is_made_of_a_model(client, api_id):
    schema = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "integer"}},
            "by": {"type": "object", "properties": {"id": {"type": "number"}}},
            "nothing": {"type": "object"},
        },
    }
    model = client.create_model(ApiId=api_id, Name="Chat", Schema=json.dumps(schema))["ModelId"]
    template = client.get_model_template(ApiId=api_id, ModelId=model)["Value"]

    assert template.startswith("#set($inputRoot = $input.path('$'))\n{")
    assert '"text" : "$inputRoot.text"' in template
    assert '"id" : $inputRoot.by.id' in template
    # It is a template that can be used.
    client.create_integration(ApiId=api_id, **HTTP, RequestTemplates={"$default": template})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Schema": "{"}, "BadRequestException"),
        ({"Schema": '{"type": 1}'}, "BadRequestException"),
        ({"Schema": '{"$ref": "http://127.0.0.1:9/"}'}, "BadRequestException"),
        ({"Name": "with space"}, "BadRequestException"),
        ({"Name": "Taken"}, "ConflictException"),
    ],
)
def test_a_model_that_is_none_is_refused(client, api_id, changes, code):
    client.create_model(ApiId=api_id, Name="Taken", Schema="{}")
    with pytest.raises(ClientError) as caught:
        client.create_model(ApiId=api_id, **{"Name": "New", "Schema": "{}"} | changes)

    assert caught.value.response["Error"]["Code"] == code


def refer_to(api_id, name):
    address = f"https://apigateway.amazonaws.com/restapis/{api_id}/models/{name}"
    return json.dumps({"properties": {"x": {"$ref": address}}})


@pytest.mark.fact("references-between-models")
def test_a_model_refers_to_others_of_its_api_and_in_a_circle(client, api_id):
    first = client.create_model(ApiId=api_id, Name="First", Schema=refer_to(api_id, "First"))
    client.create_model(ApiId=api_id, Name="Second", Schema=refer_to(api_id, "First"))
    own = {"ApiId": api_id, "ModelId": first["ModelId"]}
    updated = client.update_model(**own, Schema=refer_to(api_id, "Second"))

    assert updated["Schema"] == refer_to(api_id, "Second")


@pytest.mark.fact("model-reference-exists", "model-reference-form", "foreign-model-reference")
@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ('{"$ref": "https://example.com/model"}', "Model reference must be in canonical form"),
        ('{"$ref": "Taken"}', "Model reference must be in canonical form"),
        (refer_to("API", "Later"), "names a model that this API does not have"),
        (refer_to("other", "Taken"), "leads to another API"),
    ],
)
def test_a_reference_to_anything_else_is_refused(client, api_id, schema, words):
    taken = client.create_model(ApiId=api_id, Name="Taken", Schema="{}")
    schema = schema.replace("API", api_id)
    for change in (
        lambda: client.create_model(ApiId=api_id, Name="New", Schema=schema),
        lambda: client.update_model(ApiId=api_id, ModelId=taken["ModelId"], Schema=schema),
    ):
        with pytest.raises(client.exceptions.BadRequestException, match=words):
            change()


@pytest.mark.fact("model-in-use")
def test_a_model_another_one_refers_to_can_neither_go_nor_be_renamed(client, api_id):
    model = client.create_model(ApiId=api_id, Name="Person", Schema="{}")["ModelId"]
    user = client.create_model(ApiId=api_id, Name="Chat", Schema=refer_to(api_id, "Person"))
    with pytest.raises(client.exceptions.ConflictException, match=r"Models: \[Chat\]"):
        client.delete_model(ApiId=api_id, ModelId=model)
    with pytest.raises(client.exceptions.ConflictException, match=r"Models: \[Chat\]"):
        client.update_model(ApiId=api_id, ModelId=model, Name="Other")
    client.delete_model(ApiId=api_id, ModelId=user["ModelId"])
    client.delete_model(ApiId=api_id, ModelId=model)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"RequestModels": {"join": "Unknown"}}, "NotFoundException"),
        ({"ModelSelectionExpression": "$context.stage"}, "BadRequestException"),
    ],
)
def test_a_route_can_only_use_models_there_are(client, api_id, changes, code):
    with pytest.raises(ClientError) as caught:
        client.create_route(ApiId=api_id, RouteKey="join", **changes)

    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.fact("model-in-use")
def test_a_model_a_route_needs_can_neither_go_nor_be_renamed(client, api_id):
    model = client.create_model(ApiId=api_id, Name="Chat", Schema="{}")["ModelId"]
    route = client.create_route(ApiId=api_id, RouteKey="chat", RequestModels={"$default": "Chat"})[
        "RouteId"
    ]

    with pytest.raises(client.exceptions.ConflictException, match=route):
        client.delete_model(ApiId=api_id, ModelId=model)
    with pytest.raises(client.exceptions.ConflictException, match=route):
        client.update_model(ApiId=api_id, ModelId=model, Name="Other")
    client.update_model(ApiId=api_id, ModelId=model, Schema='{"type": "object"}')
    client.delete_route(ApiId=api_id, RouteId=route)
    client.delete_model(ApiId=api_id, ModelId=model)


def test_an_integration_that_becomes_another_kind_is_checked_as_that(client, api_id):
    own = {
        "ApiId": api_id,
        "IntegrationId": client.create_integration(ApiId=api_id, IntegrationType="MOCK")[
            "IntegrationId"
        ],
    }
    with pytest.raises(client.exceptions.BadRequestException, match="IntegrationMethod"):
        client.update_integration(**own, IntegrationType="HTTP_PROXY")
    with pytest.raises(client.exceptions.BadRequestException, match="Lambda"):
        client.update_integration(**own, IntegrationType="AWS_PROXY")
    changed = client.update_integration(**own, **HTTP)

    assert changed["IntegrationType"] == "HTTP"
