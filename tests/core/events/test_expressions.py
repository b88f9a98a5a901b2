import pytest

from django_aws_api_gateway_websockets.core.errors import ExpressionError
from django_aws_api_gateway_websockets.core.events.expressions import SelectionExpression


@pytest.mark.fact(
    "select-by-body-member",
    "select-by-concatenation",
    "select-by-path",
    "select-static",
    "select-value-as-text",
    "select-not-an-object",
)
@pytest.mark.parametrize(
    ("expression", "body", "value"),
    [
        ("$request.body.action", '{"action": "join"}', "join"),
        ("$request.body.service.action[0]", '{"service": {"action": ["a"]}}', "a"),
        ("${request.body.a}/${request.body.b}", '{"a": "x", "b": "y"}', "x/y"),
        ("${request.body.version}-beta", '{"version": 2}', "2-beta"),
        ("${request.body.a}", '{"a": "${request.body.b}", "b": "no"}', "${request.body.b}"),
        ("$request.body.action", '{"other": "join"}', ""),
        ("$request.body.action", "[1]", ""),
        (r"\$default", "{}", "$default"),
        ("static", "{}", "static"),
        ("static", "not json", None),
        ("$request.body.action", "", None),
    ],
)
def test_an_expression_makes_a_route_key_of_a_body(expression, body, value):
    assert SelectionExpression.parse(expression).evaluate(body) == value


@pytest.mark.parametrize(
    "expression",
    ["", "$", "$request.header.x", "${request.header.x}", "${request.body.}", "${}", "a" * 129],
)
def test_an_expression_no_websocket_api_has_is_refused(expression):
    with pytest.raises(ExpressionError):
        SelectionExpression.parse(expression)
