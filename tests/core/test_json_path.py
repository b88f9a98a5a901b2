import pytest

from django_aws_api_gateway_websockets.core.errors import ExpressionError
from django_aws_api_gateway_websockets.core.json_path import JsonPath, parse_json, stringify


@pytest.mark.parametrize(
    ("path", "document", "found"),
    [
        ("a", '{"a": "x"}', ("x",)),
        ("a.b", '{"a": {"b": null}}', (None,)),
        ("a[1]", '{"a": [1, 2]}', ("2",)),
        ("a[0].b", '{"a": [{"b": true}]}', (True,)),
        ("['a b'].c", '{"a b": {"c": "x"}}', ("x",)),
        ('a["b"]', '{"a": {"b": "x"}}', ("x",)),
        ("a", "{}", ()),
        ("a.b", '{"a": "text"}', ()),
        ("a[2]", '{"a": [1, 2]}', ()),
        ("a[0]", '{"a": {"0": 1}}', ()),
        ("a", '"a"', ()),
        ("a", "[]", ()),
    ],
)
def test_a_path_finds_what_it_names_or_nothing(path, document, found):
    assert JsonPath.parse(path).find(parse_json(document)) == found


@pytest.mark.parametrize("path", ["", "a..b", "*", "a[*]", "a[-1]", "a[?(@.b)]", "a[0", "a b"])
def test_a_path_of_another_dialect_is_refused(path):
    with pytest.raises(ExpressionError):
        JsonPath.parse(path)


@pytest.mark.fact("select-value-as-text")
@pytest.mark.parametrize(
    ("document", "text"),
    [
        ('"join"', "join"),
        ("true", "true"),
        ("false", "false"),
        ("null", "null"),
        ("12", "12"),
        ("1.50", "1.50"),
        ("1" * 10_000, "1" * 10_000),
        ('["a", 1, [true]]', "[a, 1, [true]]"),
        ('{"a": 1, "b": null}', "{a=1, b=null}"),
    ],
)
def test_every_value_becomes_text(document, text):
    assert stringify(parse_json(document)) == text


@pytest.mark.parametrize("text", ["", "{", "hello", "NaN", "[Infinity]", "[" * 100_000, "{'a': 1}"])
def test_a_text_that_is_no_json_is_refused_with_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is Python's own.
        parse_json(text)
