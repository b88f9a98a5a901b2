import pytest

from django_aws_api_gateway_websockets.core.events.expressions import SelectionExpression
from django_aws_api_gateway_websockets.core.events.routes import select_route

ACTION = SelectionExpression.parse("$request.body.action")
ALL = frozenset({"$connect", "$disconnect", "$default", "join"})
WITHOUT_DEFAULT = ALL - {"$default"}


@pytest.mark.fact(
    "order-of-choice",
    "select-missing-member",
    "select-default-by-name",
    "select-lifecycle-by-name",
    "select-is-exact",
)
@pytest.mark.parametrize(
    ("keys", "body", "route"),
    [
        (ALL, '{"action": "join"}', "join"),
        (ALL, '{"action": "Join"}', "$default"),
        (ALL, '{"action": "unknown"}', "$default"),
        (ALL, '{"action": "$default"}', "$default"),
        (ALL, '{"action": "$connect"}', "$default"),
        (ALL, '{"action": "$disconnect"}', "$default"),
        (ALL, "not json", "$default"),
        (ALL, "", "$default"),
        (WITHOUT_DEFAULT, '{"action": "join"}', "join"),
        (WITHOUT_DEFAULT, '{"action": "unknown"}', None),
        (WITHOUT_DEFAULT, '{"action": "$connect"}', None),
        (WITHOUT_DEFAULT, "not json", None),
    ],
)
def test_a_message_takes_its_own_route_then_the_default_then_none(keys, body, route):
    assert select_route(keys, ACTION, body) == route


@pytest.mark.fact("select-not-json", "empty-message")
def test_a_body_that_is_not_json_skips_even_a_static_expression():
    static = SelectionExpression.parse("join")

    assert select_route(ALL, static, "{}") == "join"
    assert select_route(ALL, static, "ping") == "$default"
