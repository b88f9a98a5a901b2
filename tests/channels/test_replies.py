"""The response of a handler reaches the client that asked, or an error in its place."""

import json

import pytest
from django.http import HttpResponse, JsonResponse
from django.template import engines
from django.template.response import TemplateResponse

from tests import events
from tests.project.views import SpeakingView

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


@pytest.fixture(params=[False, True], ids=["posted", "route response"])
def ask(request, api_gateway, open_socket, client, frames, monkeypatch):
    """Has a handler give a result, and returns the reply the client gets."""
    api_gateway.has_route_responses = request.param
    api_gateway.save()
    open_socket(user="ada", client_id="c")

    def send(result):
        monkeypatch.setattr(SpeakingView, "save", lambda self, request, **kwargs: result)
        frame = {"action": "save", "id": "9"}
        response = events.message(client, frame, path="/speaking-ws/default")
        assert response.status_code == 200
        [reply] = [json.loads(response.content)] if request.param else frames()
        return reply

    return send


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (JsonResponse({"a": "x" * 140_000}), "too_large"),
        (HttpResponse("x" * 140_000), "too_large"),
        (JsonResponse({"a": "\ud800"}), "handler_failed"),
        (HttpResponse('{"a": NaN}'), "handler_failed"),
        ({"a": "x" * 140_000}, "too_large"),
        ({"a": "\ud800"}, "handler_failed"),
        ({"a": float("nan")}, "handler_failed"),
    ],
    ids=[
        "large",
        "large text",
        "half a pair",
        "nan",
        "large value",
        "half in a value",
        "nan value",
    ],
)
def test_a_response_that_cannot_be_sent_becomes_an_error(ask, result, code, caplog):
    reply = ask(result)

    assert (reply["id"], reply["ok"], reply["error"]["code"]) == ("9", False, code)
    assert ("JSON cannot express" in caplog.text) == (code == "handler_failed")


@pytest.mark.parametrize("content", ["[" * 50_000, "9" * 5000, "plain"])
def test_a_response_that_cannot_be_parsed_is_sent_as_text(ask, content):
    assert ask(HttpResponse(content))["data"] == content


def test_a_template_is_rendered_for_the_reply(ask):
    template = engines["django"].from_string("Hello {{ name }}")

    assert ask(TemplateResponse(None, template, {"name": "Ada"}))["data"] == "Hello Ada"


def test_a_template_that_cannot_be_rendered_is_a_failure_of_the_handler(ask, caplog):
    template = engines["django"].from_string("{% include name %}")

    reply = ask(TemplateResponse(None, template, {"name": "no_such_template.html"}))

    assert reply["error"]["code"] == "handler_failed"
    assert "no_such_template.html" in caplog.text
