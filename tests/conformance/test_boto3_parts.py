"""boto3 judges what can be set for a stage, and what can be taken out of a resource alone."""

import pytest
from botocore.exceptions import ClientError

from tests.conformance.control_plane import PROXY

LOG = {
    "DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:x",
    "Format": "$context.requestId",
}
THROTTLE = {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 2.5}


@pytest.fixture
def routed(client, api_id):
    client.create_route(ApiId=api_id, RouteKey="join")
    return api_id


def test_settings_of_a_route_are_kept_changed_and_taken_out(client, routed):
    own = {"ApiId": routed, "StageName": "prod"}
    client.create_stage(**own, RouteSettings={"join": THROTTLE})
    key = "POST /@connections/{connectionId}"
    both = client.update_stage(**own, RouteSettings={key: {"LoggingLevel": "INFO"}})
    client.delete_route_settings(**own, RouteKey="join")
    after = client.get_stage(**own)

    assert both["RouteSettings"] == {"join": THROTTLE, key: {"LoggingLevel": "INFO"}}
    assert after["RouteSettings"] == {key: {"LoggingLevel": "INFO"}}
    with pytest.raises(client.exceptions.NotFoundException):
        client.delete_route_settings(**own, RouteKey="join")


@pytest.mark.fact("route-settings-of-unknown-route")
def test_settings_of_a_route_that_is_unknown_are_refused_in_the_words_of_aws(client, routed):
    with pytest.raises(
        client.exceptions.NotFoundException,
        match="Unable to find Route by key leave within the provided RouteSettings",
    ) as caught:
        client.create_stage(ApiId=routed, StageName="prod", RouteSettings={"leave": THROTTLE})

    assert caught.value.response["ResourceType"] == "Route"


@pytest.mark.parametrize(
    "settings",
    [
        {"ThrottlingRateLimit": -1.0},
        {"ThrottlingRateLimit": float("nan")},
        {"ThrottlingBurstLimit": -1},
    ],
)
def test_a_throttle_that_is_none_is_refused(client, routed, settings):
    for where in ({"DefaultRouteSettings": settings}, {"RouteSettings": {"join": settings}}):
        with pytest.raises(client.exceptions.BadRequestException):
            client.create_stage(ApiId=routed, StageName="prod", **where)


@pytest.mark.fact("logging-level")
def test_an_unknown_logging_level_is_taken_as_aws_takes_it(client, routed):
    settings = {"LoggingLevel": "DEBUG"}
    stage = client.create_stage(ApiId=routed, StageName="prod", DefaultRouteSettings=settings)

    assert stage["DefaultRouteSettings"] == settings


@pytest.mark.fact("access-log-format-is-a-line", "access-log-format-has-an-id")
@pytest.mark.parametrize(
    ("line_format", "words"),
    [
        ("$context.requestId\n$context.status", "new line character is allowed only at end of the"),
        ("$context.requestId\u2028$context.status", "Access Log format must be single line"),
        ("$context.status", "must include at least"),
    ],
)
def test_an_access_log_format_that_aws_would_refuse_is_refused(client, routed, line_format, words):
    own = {"ApiId": routed, "StageName": "prod"}
    log = LOG | {"Format": line_format}
    with pytest.raises(client.exceptions.BadRequestException, match=words):
        client.create_stage(**own, AccessLogSettings=log)
    client.create_stage(**own)
    with pytest.raises(client.exceptions.BadRequestException, match=words):
        client.update_stage(**own, AccessLogSettings=log)

    assert "AccessLogSettings" not in client.get_stage(**own)


@pytest.mark.fact("access-log-format-is-a-line", "access-log-format-has-an-id")
@pytest.mark.parametrize("line_format", ["$context.requestId\n", "$context.extendedRequestId"])
def test_an_access_log_format_of_a_line_with_an_id_is_taken(client, routed, line_format):
    log = LOG | {"Format": line_format}
    stage = client.create_stage(ApiId=routed, StageName="prod", AccessLogSettings=log)

    assert stage["AccessLogSettings"] == log


@pytest.mark.fact("access-log-settings")
def test_access_log_settings_are_kept_and_taken_out(client, routed):
    own = {"ApiId": routed, "StageName": "prod"}
    created = client.create_stage(**own, AccessLogSettings=LOG)
    client.delete_access_log_settings(**own)

    assert created["AccessLogSettings"] == LOG
    assert "AccessLogSettings" not in client.get_stage(**own)


@pytest.mark.fact("route-parameter-removed")
def test_a_request_parameter_of_a_route_is_taken_out(client, api_id):
    parameters = {
        "route.request.querystring.a": {"Required": False},
        "route.request.header.b": {"Required": False},
    }
    route = client.create_route(ApiId=api_id, RouteKey="$connect", RequestParameters=parameters)
    own = {"ApiId": api_id, "RouteId": route["RouteId"]}
    client.delete_route_request_parameter(**own, RequestParameterKey="route.request.header.b")

    assert client.get_route(**own)["RequestParameters"] == {
        "route.request.querystring.a": {"Required": False}
    }
    with pytest.raises(client.exceptions.NotFoundException):
        client.delete_route_request_parameter(**own, RequestParameterKey="route.request.header.b")


def test_a_part_of_nothing_is_not_found(client, api_id):
    with pytest.raises(client.exceptions.NotFoundException) as caught:
        client.delete_access_log_settings(ApiId=api_id, StageName="none")

    assert caught.value.response["ResourceType"] == "Stage"


@pytest.mark.fact("stage-quota")
def test_the_quota_of_stages_ends_at_ten(client, api_id):
    for number in range(10):
        client.create_stage(ApiId=api_id, StageName=f"stage-{number}")
    with pytest.raises(ClientError, match="Maximum number of Stages for this API"):
        client.create_stage(ApiId=api_id, StageName="one-more")


@pytest.mark.fact("route-quota")
def test_the_quota_of_integrations_ends_at_three_hundred_in_the_words_of_aws(client, api_id):
    for _ in range(300):
        client.create_integration(ApiId=api_id, **PROXY)
    with pytest.raises(ClientError) as caught:
        client.create_integration(ApiId=api_id, **PROXY)

    assert caught.value.response["Error"]["Message"] == (
        "Maximum number of Integrations for this API has been reached.  "
        "Please contact AWS if you need additional Integrations."
    )


@pytest.mark.fact("settings-of-lifecycle-routes")
def test_settings_of_the_routes_every_api_can_have_are_taken_before_they_exist(client, api_id):
    own = {"ApiId": api_id, "StageName": "early"}
    first = {"$default": {}, "$connect": {"LoggingLevel": "ERROR", **THROTTLE}}
    client.create_stage(**own, RouteSettings=first)
    changed = {"$connect": {"LoggingLevel": "INFO"}, "$disconnect": THROTTLE}
    stage = client.update_stage(**own, RouteSettings=changed)

    assert stage["RouteSettings"] == {"$default": {}} | changed
    client.delete_route_settings(**own, RouteKey="$disconnect")
    assert client.get_stage(**own)["RouteSettings"].keys() == {"$default", "$connect"}


@pytest.mark.fact("settings-are-merged")
def test_settings_of_an_update_are_merged_with_those_before(client, api_id):
    own = {"ApiId": api_id, "StageName": "logged"}
    client.create_stage(**own, AccessLogSettings=LOG, RouteSettings={"$default": THROTTLE})
    client.update_stage(**own, AccessLogSettings={}, RouteSettings={"$connect": THROTTLE})
    changed = client.update_stage(**own, AccessLogSettings={"Format": "$context.requestId x"})

    assert changed["AccessLogSettings"] == LOG | {"Format": "$context.requestId x"}
    assert changed["RouteSettings"].keys() == {"$default", "$connect"}


@pytest.mark.fact("parameters-of-connect-only")
@pytest.mark.parametrize("key", ["$default", "$disconnect", "join"])
def test_request_parameters_of_another_route_than_connect_are_refused(client, api_id, key):
    parameters = {"route.request.querystring.room": {"Required": True}}
    route = client.create_route(ApiId=api_id, RouteKey=key)
    own = {"ApiId": api_id, "RouteId": route["RouteId"]}
    words = "Request parameters are only supported for the \\$connect route in WEBSOCKET APIs"

    with pytest.raises(client.exceptions.BadRequestException, match=words):
        client.create_route(ApiId=api_id, RouteKey=f"{key}2", RequestParameters=parameters)
    with pytest.raises(client.exceptions.BadRequestException, match=words):
        client.update_route(**own, RequestParameters=parameters)
    assert client.update_route(**own, RequestParameters={})["RequestParameters"] == {}


@pytest.mark.fact("method-any")
@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("ANY", "name one, such as POST"),
        ("FETCH", "enum value set"),
        ("", "IntegrationMethod is required"),
    ],
)
def test_a_method_that_is_none_is_refused(client, api_id, method, text):
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        client.create_integration(ApiId=api_id, **PROXY | {"IntegrationMethod": method})

    mock = client.create_integration(ApiId=api_id, IntegrationType="MOCK", IntegrationMethod="ANY")
    assert mock["IntegrationMethod"] == "ANY"


@pytest.mark.fact("lambda-integration")
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"IntegrationType": "AWS"}, "nothing here runs Lambda functions"),
        (
            {
                "IntegrationType": "AWS",
                "IntegrationUri": "arn:aws:apigateway:us-east-1:states:action/StartSyncExecution",
            },
            "there is no AWS service states here",
        ),
        (
            {
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f",
            },
            "nothing here runs Lambda functions",
        ),
    ],
)
def test_an_integration_of_another_service_is_refused_by_its_name(client, api_id, change, text):
    with pytest.raises(client.exceptions.BadRequestException, match=text):
        client.create_integration(ApiId=api_id, **PROXY | change)


@pytest.mark.fact("http-apis")
def test_an_http_api_is_refused_in_words(client):
    with pytest.raises(client.exceptions.BadRequestException, match="only WEBSOCKET APIs are"):
        client.create_api(Name="shop", ProtocolType="HTTP")


@pytest.mark.fact("cleared-members")
def test_empty_texts_of_a_list_and_of_settings_say_nothing(client, api_id):
    own = {"ApiId": api_id, "StageName": "levels"}
    stage = client.create_stage(
        **own,
        AccessLogSettings={"DestinationArn": "", "Format": ""},
        DefaultRouteSettings={"LoggingLevel": "INFO"},
        RouteSettings={"$default": {"LoggingLevel": "", "DataTraceEnabled": True}},
    )
    assert stage["DefaultRouteSettings"]["LoggingLevel"] == "INFO"
    assert client.get_stages(ApiId=api_id, MaxResults="", NextToken="")["Items"]


def test_an_integration_that_becomes_a_mock_and_a_proxy_has_the_members_of_its_kind(client, api_id):
    own = {"ApiId": api_id}
    own["IntegrationId"] = client.create_integration(**own, **PROXY)["IntegrationId"]
    empty = {"IntegrationMethod": "", "IntegrationUri": ""}
    mock = client.update_integration(**own, IntegrationType="MOCK", **empty)
    proxy = client.update_integration(**own, **PROXY)

    assert mock["IntegrationResponseSelectionExpression"] == "${integration.response.statuscode}"
    assert not empty.keys() & mock.keys()
    assert "IntegrationResponseSelectionExpression" not in proxy
    assert proxy["IntegrationUri"] == PROXY["IntegrationUri"]
