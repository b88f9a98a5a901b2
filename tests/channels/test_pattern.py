import uuid

import pytest
from django.core.exceptions import ImproperlyConfigured

from django_aws_api_gateway_websockets.channels.pattern import Pattern

ID = uuid.UUID("5f8b1f7e-3f5c-4c8b-9f3c-2a1d3e4f5a6b")


@pytest.mark.parametrize(
    ("pattern", "name", "values"),
    [
        ("room-<int:pk>", "room-7", {"pk": 7}),
        ("lobby", "lobby", {}),
        ("<slug:tenant>_<int:pk>", "acme-inc_12", {"tenant": "acme-inc", "pk": 12}),
        ("doc-<uuid:pk>", f"doc-{ID}", {"pk": ID}),
        ("say-<words>", "say-hello", {"words": "hello"}),
        ("a.b-<int:pk>", "a.b-1", {"pk": 1}),
    ],
)
def test_a_name_becomes_values_and_the_values_become_the_name(pattern, name, values):
    read = Pattern(pattern)

    assert read.match(name) == values
    assert read.build(values) == name


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("room-<int:pk>", "room-x"),
        ("room-<int:pk>", "room-7\n"),
        ("room-<int:pk>", "xroom-7"),
        ("room-<int:pk>", "ROOM-7"),
        ("room-<int:pk>", "room-"),
        ("doc-<uuid:pk>", "doc-5f8b1f7e"),
        ("a.b-<int:pk>", "axb-1"),
        ("lobby", "lobby2"),
    ],
)
def test_any_other_name_is_not_matched(pattern, name):
    assert Pattern(pattern).match(name) is None


@pytest.mark.parametrize("values", [{}, {"pk": 1, "more": 2}, {"id": 1}])
def test_missing_or_further_values_are_a_type_error_that_names_them(values):
    with pytest.raises(TypeError, match="takes pk"):
        Pattern("room-<int:pk>").build(values)


@pytest.mark.parametrize("value", [-1, "x", 1.5, None, ""])
def test_a_value_the_pattern_would_not_match_is_refused(value):
    with pytest.raises(ValueError, match="room-<int:pk>"):
        Pattern("room-<int:pk>").build({"pk": value})


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("room-<int:>", "no name"),
        ("room-<int:class-room>", "no name"),
        ("room-<integer:pk>", "has the converter 'integer'"),
        ("room-<int:pk>-<int:pk>", "twice"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused_with_the_reason(pattern, problem):
    with pytest.raises(ImproperlyConfigured, match=problem):
        Pattern(pattern)


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("room-<int:pk>", "room-<slug:name>", True),
        ("room-<int:pk>", "room-<uuid:pk>", False),
        ("room-<int:pk>", "board-<int:pk>", False),
        ("room-<int:pk>", "room-7", True),
        ("room-<int:pk>", "room-x", False),
        ("<slug:a>", "lobby", True),
        ("<slug:a>-x", "y-<slug:b>", True),
        ("a<int:n>", "a<int:n>b", False),
        ("<int:n>", "<uuid:n>", False),
        ("<slug:n>", "<uuid:n>", True),
        ("<str:n>-1", "<int:n>-<int:m>", True),
        ("", "<int:n>", False),
        ("lobby", "lobby", True),
    ],
)
def test_two_patterns_overlap_when_a_name_may_match_both(one, other, may):
    assert Pattern(one).overlaps(Pattern(other)) is may
    assert Pattern(other).overlaps(Pattern(one)) is may
