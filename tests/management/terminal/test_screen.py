"""The screen has one form for people and one for programs."""

import json
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from django.core.management.base import OutputWrapper
from django.core.management.color import make_style, no_style

from django_aws_api_gateway_websockets.management.terminal.screen import Screen

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def screen(*, is_json=False, style=None, width=None, out=None):
    out, errors = out or StringIO(), StringIO()
    made = Screen(
        out=OutputWrapper(out),
        errors=OutputWrapper(errors),
        style=style or no_style(),
        is_json=is_json,
        now=lambda: NOON,
        width=width,
    )
    return made, out, errors


def test_a_frame_has_its_time_and_direction():
    made, out, errors = screen()

    made.sent('{"a":1}')
    made.received("no JSON")
    made.tell("open", "Connected.")

    assert out.getvalue() == '12:00:00.000 > {"a": 1}\n12:00:00.000 < no JSON\n'
    assert errors.getvalue() == "Connected.\n"


def test_for_programs_everything_is_one_object_a_line():
    made, out, errors = screen(is_json=True)

    made.received('{"a":1}')
    made.received("no JSON")
    made.tell("lost", "It is lost.", code=1006)

    values = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [one.get("frame") for one in values] == [{"a": 1}, "no JSON", None]
    assert (values[2]["event"], values[2]["code"], errors.getvalue()) == ("lost", 1006, "")
    assert values[0]["time"] == "2026-05-01T12:00:00.000+00:00"


def test_a_frame_that_is_too_wide_for_the_terminal_is_laid_out():
    made, out, _ = screen(width=40)

    made.received(json.dumps({"text": "x" * 40}))

    assert len(out.getvalue().splitlines()) == 3


def test_a_terminal_has_colours_and_another_one_for_a_refusal():
    style = make_style("dark")
    made, out, _ = screen(style=style)

    made.received('{"ws": "reply", "ok": true}')
    made.received('{"ws": "reply", "ok": false}')

    well, refused = out.getvalue().splitlines()
    assert well.startswith(style.HTTP_NOT_MODIFIED("12:00:00.000 <"))
    assert refused.startswith(style.ERROR("12:00:00.000 <"))


@pytest.mark.parametrize("is_json", [False, True])
def test_a_frame_cannot_steer_the_terminal(is_json):
    made, out, _ = screen(is_json=is_json)

    made.received("\x1b[2J\x9b \u202e")
    made.received('"\\u001b[2J \\ud800"')

    assert all(one.isprintable() for line in out.getvalue().splitlines() for one in line)
    assert "\\u001b[2J" in out.getvalue()


def test_a_terminal_without_the_letters_gets_their_numbers():
    kept = BytesIO()
    made, _, _ = screen(out=TextIOWrapper(kept, "ascii"))

    made.received('{"text": "日"}')

    assert rb'{"text": "\u65e5"}' in kept.getvalue()


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', "[-Infinity]", '{"a": 1e999}', "[" * 900 + "]" * 900]
)
@pytest.mark.parametrize("width", [None, 20])
def test_a_frame_that_is_no_plain_json_is_shown_as_text(text, width):
    programs, objects, _ = screen(is_json=True)
    people, lines, _ = screen(width=width)

    programs.received(text)
    people.received(text)

    said = json.loads(objects.getvalue(), parse_constant=pytest.fail)
    assert json.dumps(said["frame"]).count("[") == text.count("[")
    assert "".join(lines.getvalue().split()).endswith("".join(text.split()))
