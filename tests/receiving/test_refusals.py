import pytest
from django.contrib.auth.models import AnonymousUser

from django_aws_api_gateway_websockets.receiving.refusals import (
    explain_limit,
    explain_rule,
    explain_unknown_handler,
    find_similar,
    quote,
)

HANDLERS = ["default", "save", "shout"]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("save", '"save"'),
        ('a"b\r\n\x1b[0m', '"a\\"b\\r\\n\\u001b[0m"'),
        ("\u2028\ud800", '"\\u2028\\ud800"'),
        ("x" * 65, '"' + "x" * 64 + '"…'),
        (["save"], "\"['save']\""),
    ],
)
def test_the_text_of_a_client_stays_on_one_short_line(text, quoted):
    assert quote(text) == quoted


def test_a_name_that_is_nearly_a_handlers_is_recognised():
    assert find_similar("saev", HANDLERS) == "save"
    assert find_similar("x" * 100_000, HANDLERS) == ""


def test_an_unknown_handler_is_told_with_those_there_are():
    assert explain_unknown_handler("saev", HANDLERS) == (
        'handler "saev" unknown; did you mean "save"? allowed: default, save, shout'
    )
    many = [f"handler{number:02}" for number in range(21)]
    assert explain_unknown_handler("no", many).endswith("handler18, handler19, …")


def test_nobody_who_may_not_join_is_named_but_by_number():
    text = explain_rule("", "Rule", AnonymousUser())

    assert text == 'an anonymous user is not allowed to join "": Rule said no'
    assert explain_rule("", "Rule", None) == text


@pytest.mark.parametrize(
    ("minutes", "seconds_left", "text"),
    [
        (1, 13.6, "ada has used up the 20 tokens of a minute; retry in 14 s; X sets the limit"),
        (2.5, -1, "ada has used up the 20 tokens of 2.5 minutes; retry in 1 s; X sets the limit"),
    ],
)
def test_a_limit_is_told_with_its_end_and_its_setting(minutes, seconds_left, text):
    assert text == explain_limit(
        "ada", limit="20 tokens", minutes=minutes, seconds_left=seconds_left, source="X"
    )
