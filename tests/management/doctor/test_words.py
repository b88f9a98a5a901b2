"""The doctor's words: signs, secrets, the sentence at the end, and the names of hops."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from django_aws_api_gateway_websockets.management.doctor.case import Case, Options
from django_aws_api_gateway_websockets.management.doctor.discretion import Discretion
from django_aws_api_gateway_websockets.management.doctor.finding import (
    broken,
    not_needed,
    warning,
    well,
)
from django_aws_api_gateway_websockets.management.doctor.hop import Hop
from django_aws_api_gateway_websockets.management.doctor.hops import HOPS, select_hops
from django_aws_api_gateway_websockets.management.doctor.report import as_lines, sum_up
from django_aws_api_gateway_websockets.management.doctor.round import Result, Round
from tests.management.doctor.conftest import examine

pytestmark = pytest.mark.any_database


def hop(name: str, look, *needs: str) -> Hop:
    return Hop(name=name, about="", look=lambda case: look(), needs=needs)


def go(*hops: Hop) -> list[Result]:
    return list(Round(lambda hop: None).go(hops, Case(Options())))


def shown(*hops: Hop) -> list[str]:
    return [f"{line[0]} {line[27:]}" for one in go(*hops) for line in as_lines(one)[:1]]


def crash():
    raise ZeroDivisionError("a bug")


def test_the_round_stops_behind_the_first_broken_hop():
    found = go(
        hop("a", lambda: well("A.")), hop("b", lambda: broken("B.", "Mend it.")), hop("c", crash)
    )

    assert [one.hop.name for one in found] == ["a", "b"]
    assert sum_up("Shop", found, left=1) == ("Shop: stopped at b; 1 hop behind it not looked at.")


def test_a_check_that_crashes_has_a_sign_of_its_own_and_the_others_go_on():
    found = shown(hop("a", crash), hop("b", lambda: well("B."), "a"), hop("c", lambda: well("C.")))

    assert found[0].startswith("? This check has crashed: ZeroDivisionError: a bug (test_words.py:")
    assert found[1:] == ["! Skipped: the check of a has crashed.", "✓ C."]


def test_hops_behind_one_that_stops_are_not_needed_or_skipped():
    found = shown(
        hop("a", lambda: warning("No right.", stops="no right")),
        hop("b", crash, "a"),
        hop("c", lambda: not_needed("there is none", stops="there is none")),
        hop("d", crash, "c"),
        hop("e", crash, "b"),
    )

    assert [line[:2] for line in found] == ["! ", "! ", "- ", "- ", "! "]
    assert found[4] == "! Skipped: no right."


def test_a_broken_hop_says_what_to_do_and_where_to_read():
    [found] = go(hop("@connections", lambda: broken("It is refused.", "Give the right.")))

    lines = [line.strip() for line in as_lines(found)]
    assert lines[0].startswith("✗ @connections")
    assert lines[1:] == ["Fix: Give the right.", "Page: docs/reference/doctor.md#connections"]


def test_a_terminal_without_the_signs_gets_others():
    found = [
        *go(hop("a", lambda: well("A."))),
        *go(hop("b", lambda: broken("B.", "Mend it."))),
    ]

    assert [as_lines(one, encoding="ascii")[0][0] for one in found] == ["+", "x"]


def test_secrets_in_the_words_of_others_are_hidden(settings, monkeypatch):
    settings.SECRET_KEY = "a-secret-key"
    settings.WEBSOCKETS = {"gateway_secret": ["s" * 40, "t" * 40]}
    settings.AWS_SECRET_ACCESS_KEY = "secret-access-key"
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token")
    settings.DATABASES["default"]["PASSWORD"] = "of-the-database"
    discretion = Discretion()
    discretion.add(["a-cookie"])

    said = " ".join(
        [
            "a-secret-key",
            "s" * 40,
            "t" * 40,
            "secret-access-key",
            "session-token",
            "of-the-database",
        ]
    )

    assert discretion.hide(f"{said} a-cookie stays") == "[hidden] " * 7 + "stays"


def test_the_list_has_each_hop_on_a_line():
    lines = examine("--list").text.splitlines()

    assert [line.split()[0] for line in lines] == [hop.name for hop in HOPS]
    assert all(len(line.split()) > 3 for line in lines)


def test_a_hop_stands_behind_those_it_needs():
    names = [hop.name for hop in HOPS]

    assert len(names) == len(set(names))
    for one in HOPS:
        assert all(names.index(need) < names.index(one.name) for need in one.needs)
    assert [hop.name for hop in select_hops([])] == names


def test_hops_that_may_take_longest_come_last():
    slowest = max(one.most_seconds for one in HOPS)
    first = next(number for number, one in enumerate(HOPS) if one.most_seconds == slowest)

    assert first > len(HOPS) / 2


def test_a_hop_that_does_not_exist_is_told_of_with_what_may_be_meant():
    with pytest.raises(CommandError, match=r"no hop 'sokcet'\. Did you mean socket\? `python mana"):
        call_command("doctor", "sokcet")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--message", "hello"], "--message must be a JSON object"),
        (["--message", "[]"], "--message must be a JSON object"),
        (["--site", "www.example.com"], "--site must be like https://www.example.com"),
    ],
)
def test_a_mistyped_option_is_told_of(words, said):
    with pytest.raises(CommandError, match=said):
        call_command("doctor", *words)


def test_the_exit_codes_are_in_the_help(capsys):
    with pytest.raises(SystemExit):
        call_command("doctor", "--help")

    said = " ".join(capsys.readouterr().out.split())
    assert "Ends with 0 when nothing is broken, warnings included, and with 1 when a hop" in said
