import pytest

from django_aws_api_gateway_websockets.core.events.response import BackendResponse
from django_aws_api_gateway_websockets.gateway.integrations.reasons import Reason, find_reason

URI = "http://127.0.0.1:8000/ws/connect"
DEBUG_PAGE = (
    b"<!DOCTYPE html><html><head><title>DisallowedHost\n          at /ws/connect</title>"
    b"<style>p { color: red }</style></head><body><h1>DisallowedHost</h1>"
    b'<pre class="exception_value">Invalid HTTP_HOST header: &#x27;x&#x27;.</pre></body></html>'
)
PLAIN_PAGE = (
    b"<!doctype html><html><head><title>Bad Request (400)</title></head>"
    b"<body><h1>Bad Request (400)</h1><p></p></body></html>"
)


def reason(status: int, body: bytes = b"", **headers: str) -> Reason:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return find_reason(BackendResponse(status, named, body), uri=URI)


@pytest.mark.parametrize("status", [200, 204, 299])
def test_an_accepting_status_has_no_reason(status):
    assert reason(status, b"fine") == Reason()


def test_a_text_is_the_reason_up_to_an_empty_line():
    assert reason(400, b"Invalid channel\n") == Reason("Invalid channel")
    assert reason(500, b"ValueError at /ws/\nboom\n\nRequest Method: POST") == Reason(
        "ValueError at /ws/\nboom"
    )


def test_the_header_of_a_backend_that_has_logged_it_says_more_than_the_body():
    told = reason(400, b"Missing 1 headers", X_Ws_Refusal="Missing 1 headers%3A Cookie")

    assert told == Reason("Missing 1 headers: Cookie", is_told=True)


def test_a_page_for_developers_is_read():
    assert reason(400, DEBUG_PAGE) == Reason(
        "DisallowedHost at /ws/connect: Invalid HTTP_HOST header: 'x'."
    )


def test_the_page_of_a_host_that_is_not_allowed_says_what_to_do():
    text = reason(400, PLAIN_PAGE).text

    assert text.startswith("Bad Request (400); Django has refused it before any view")
    assert "ALLOWED_HOSTS lacks '127.0.0.1': add it there" in text


def test_a_page_without_a_title_gives_its_words():
    page = b"<html><head><script>x()</script></head><body>No <b>entry</b></body></html>"

    assert reason(403, page) == Reason("No entry")


def test_a_redirect_is_named_without_its_query():
    text = reason(302, location="/login/?next=secret").text

    assert text.startswith("it redirects to /login/; let the WebSocket view out")
    assert "secret" not in text


@pytest.mark.parametrize(
    ("status", "text"), [(404, "Not Found"), (403, "Forbidden"), (499, "no reason given")]
)
def test_without_words_the_status_speaks(status, text):
    assert reason(status) == Reason(text)
    assert reason(status, b"<html></html>") == Reason(text)
