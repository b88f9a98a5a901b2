"""Message text and its limits."""

import json
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.core.errors import (
    MessageNotSerialisableError,
    MessageTooLargeError,
)
from django_aws_api_gateway_websockets.core.payload import dump_json, encode, metered_units

LIMIT = 131_072

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_json_comes_back_as_it_went(value):
    assert json.loads(dump_json(value)) == value


@given(json_values)
def test_any_json_value_is_written_as_json_dumps_writes_it(value):
    assert dump_json(value) == json.dumps(value, ensure_ascii=False)


def test_letters_of_every_script_travel_as_they_are():
    assert encode(dump_json({"grüße": "你好 👋"})) == '{"grüße": "你好 👋"}'.encode()


def test_a_message_of_exactly_the_limit_is_taken():
    assert len(encode("a" * LIMIT)) == LIMIT


def test_one_byte_more_is_refused_with_both_numbers():
    with pytest.raises(MessageTooLargeError, match=r"131073 bytes.*131072") as caught:
        encode("a" * (LIMIT + 1))

    assert caught.value.size_bytes == LIMIT + 1
    assert caught.value.limit_bytes == LIMIT
    assert isinstance(caught.value, ValueError)


def test_bytes_count_and_not_characters():
    with pytest.raises(MessageTooLargeError, match="131073 bytes"):
        encode("€" * (LIMIT // 3) + "€")


def test_half_a_surrogate_pair_is_refused_where_it_stands():
    with pytest.raises(MessageNotSerialisableError, match="surrogate pair at character 2"):
        encode("ab\ud83d")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_where_it_stands(number):
    with pytest.raises(MessageNotSerialisableError, match=r"not finite at \['scores'\]\[1\],"):
        dump_json({"scores": [1.5, number]})


def test_a_bare_number_that_is_not_finite_has_no_place_to_name():
    with pytest.raises(MessageNotSerialisableError, match="not finite, so"):
        dump_json(math.nan)


def test_an_unknown_type_is_named_where_it_stands():
    with pytest.raises(MessageNotSerialisableError, match=r"a date at \['when'\]\[0\],"):
        dump_json({"who": "me", "when": (date(2026, 9, 25),)})


def test_a_default_teaches_further_types():
    assert dump_json([date(2026, 9, 25)], default=str) == '["2026-09-25"]'


def test_a_default_that_does_not_know_the_type_leaves_it_named():
    def default(value):
        raise TypeError(f"no {value}")

    with pytest.raises(MessageNotSerialisableError, match=r"a set at \[0\]"):
        dump_json([{1, 2}], default=default)


def test_a_value_inside_what_a_default_gave_is_refused_without_a_place():
    with pytest.raises(MessageNotSerialisableError, match="not finite, so"):
        dump_json({"when": date(2026, 9, 25)}, default=lambda _value: math.nan)


def test_a_key_that_is_no_text_is_refused():
    with pytest.raises(MessageNotSerialisableError, match=r"keys must be str.*tuple"):
        dump_json({(1, 2): "a"})


def test_a_structure_that_contains_itself_is_refused():
    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(MessageNotSerialisableError, match="contains itself"):
        dump_json(endless)


def test_a_structure_nested_too_deeply_is_refused():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(MessageNotSerialisableError, match="nested too deeply"):
        dump_json(deep)


def test_the_search_for_a_place_ends_in_a_cycle_behind_a_default():
    endless = {"first": date(2026, 9, 25)}
    endless["again"] = endless

    with pytest.raises(MessageNotSerialisableError, match="not finite, so"):
        dump_json(endless, default=lambda _value: math.nan)


def test_no_error_shows_a_value_of_the_message():
    with pytest.raises(MessageNotSerialisableError) as caught:
        dump_json({"card": {"4111111111111111"}})

    assert "4111" not in str(caught.value)


@pytest.mark.parametrize(
    ("size_bytes", "units"), [(0, 1), (1, 1), (32_768, 1), (32_769, 2), (65_536, 2), (131_072, 4)]
)
def test_every_32_kilobytes_begun_are_metered(size_bytes, units):
    assert metered_units(size_bytes) == units
