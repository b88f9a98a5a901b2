"""The mistakes a newcomer makes, each made for real, and the sentence the person gets for it.

One table of two halves: what the terminal of a running project says about browsers and messages,
and what a command says when it is typed. Reasons in every variant are tested beside their code.
"""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.management.mistaken_browser import (
    SETTINGS,
    URLS,
    VIEWS,
    Running,
    connect_too_often,
    show_a_token_of_another_session,
    use_a_token_twice,
)
from tests.management.mistaken_commands import (
    ON_AWS,
    STATIC_FIRST,
    check,
    shell,
    start,
    start_beside_another_project,
    start_beside_something_else,
    start_on_a_taken_port,
    start_with_a_record,
    start_without_tables,
)
from tests.management.new_project import ECHO, NewProject
from tests.management.processes import Command
from tests.waiting import eventually

pytestmark = pytest.mark.slow

MADE_UP = f"?ws_token={'0' * 64}"

IN_THE_TERMINAL: dict[str, tuple[Callable[[Running], None], str]] = {
    "page at localhost, socket at 127.0.0.1": (
        lambda site: site.fails("TokenView", origin=site.site.replace("127.0.0.1", "localhost")),
        "The page is at localhost and opened its socket at 127.0.0.1: browsers keep cookies by",
    ),
    "the same, as Django sees it": (
        lambda site: site.fails("TokenView", origin=site.site.replace("127.0.0.1", "localhost")),
        "Cookie; the page is at localhost and not at 127.0.0.1, and browsers keep cookies by host",
    ),
    "page of another site": (
        lambda site: site.fails(origin="http://evil.example:8000"),
        'Host is not in Origin: the page is at "http://evil.example:8000", and Django is called at',
    ),
    "nobody has logged in": (
        lambda site: site.fails("TokenView", cookie="theme=dark"),
        "Invalid session: no Django session came along; log in first",
    ),
    "token missing": (
        lambda site: site.fails("TokenView", cookie=site.log_in()[1]),
        "Invalid or expired token: there is no ws_token",
    ),
    "token made up": (
        lambda site: site.fails(
            "TokenView", query=f"?ws_token={'0' * 64}", cookie=site.log_in()[1]
        ),
        "Invalid or expired token: the token is unknown: made up, or deleted since",
    ),
    "token used twice": (
        use_a_token_twice,
        "Invalid or expired token: the token has been used already; fetch",
    ),
    "token of another session": (
        show_a_token_of_another_session,
        "Invalid or expired token: the token was made for another session",
    ),
    "channel nobody may join": (
        lambda site: site.fails("ClosedView", query="?channel=room-7"),
        'an anonymous user is not allowed to join "room-7": there is no ChannelPermission, so',
    ),
    "channel with a blank": (
        lambda site: site.fails(query="?channel=room+7"),
        'Invalid channel: "room 7"',
    ),
    "too many attempts": (
        connect_too_often,
        "has used up the 1 attempts of a minute; retry in",
    ),
    "handler misspelt": (
        lambda site: site.say({"action": "shuot"}),
        'handler "shuot" unknown; did you mean "shout"? allowed: boom, default, large,',
    ),
    "message without a handler": (
        lambda site: site.say({"text": "hi"}),
        'A message was refused: neither "handler" nor "action" is in it',
    ),
    "message that is no JSON": (
        lambda site: site.say("hello"),
        "A message was refused: Body is invalid JSON",
    ),
    "message sent in connect()": (
        lambda site: site.connects("EarlyView"),
        "was lost: its socket is not open until the handshake returns",
    ),
    "150 KB": (
        lambda site: site.say({"action": "large"}),
        "send less, split it, or send a link",
    ),
    "bug in a handler": (
        lambda site: site.say({"action": "boom"}),
        "The handler boom of EchoView failed.",
    ),
    "sent to nobody": (
        lambda site: site.say({"action": "nobody"}),
        "A message was sent to nobody: 0 live sockets in",
    ),
    "address of no API": (
        lambda site: site.fails("ChatView"),
        "A client asked for chatview/production, which does not exist (the stages here are",
    ),
    "header removed by a proxy": (
        lambda site: site.post("/echo/default", connectionid="abc="),
        "A request was refused: it lacks",
    ),
    "name that points at this machine": (
        lambda site: site.post(
            "/", f"http://127.0.0.1:{site.command.gateway_port}", Host="evil.example"
        ),
        "A request for the host 'evil.example' was refused: this gateway serves loopback names",
    ),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    project = NewProject(tmp_path_factory.mktemp("mistakes") / "site")
    project.write(settings=SETTINGS, views=VIEWS, urls=URLS)
    project.migrate()
    command = project.manage("runserver", "--noreload", "{port}")
    assert command.says("TokenView is served at")
    assert command.says("Quit the server")
    yield Running(command)
    project.stop()


@pytest.mark.parametrize("mistake", IN_THE_TERMINAL)
def test_the_terminal_tells_the_person_what_went_wrong(running, mistake):
    make, sentence = IN_THE_TERMINAL[mistake]
    seen = len(running.command.lines)

    with running.opened:
        make(running)

        said = lambda: "".join(running.command.lines[seen:])  # noqa: E731 - a claim to wait for.
        assert eventually(lambda: sentence in said()), said()


ON_THE_COMMAND_LINE: dict[str, tuple[Callable[[NewProject], Command], str]] = {
    "tables missing": (start_without_tables, "Create its tables with `manage.py migrate`"),
    "port taken": (start_on_a_taken_port, "another port: python manage.py runserver "),
    "port of the gateway taken": (
        start_beside_something_else,
        'stop it, or set WEBSOCKETS["local_gateway_address"] = "127.0.0.1:',
    ),
    "gateway of another project": (
        start_beside_another_project,
        'and ends with it. Give this one a gateway of its own: set WEBSOCKETS["local_gateway_a',
    ),
    "URL without a slug": (
        check('path("ws/", EchoView.as_view())'),
        "HINT: Use path('ws/<slug:route>', …).",
    ),
    "slug with another name": (
        check('path("ws/<slug:slug>", EchoView.as_view())'),
        "HINT: Rename 'slug' to 'route': path('ws/<slug:route>', …).",
    ),
    "slash behind the slug": (
        check('path("ws/<slug:route>/", EchoView.as_view())'),
        "HINT: Let the URL end with the route: remove '/' after it.",
    ),
    "URL that another one catches": (
        check(
            'path("ws/<slug:page>", lambda request, page: None)',
            'path("ws/<slug:route>", EchoView.as_view())',
        ),
        "EchoView gets no events from API Gateway: '/ws/connect' leads to site_urls.<lambda>.",
    ),
    "tenant in the URL": (
        check('path("<slug:tenant>/ws/<slug:route>", EchoView.as_view())'),
        "HINT: Create an ApiGateway for each value of 'tenant'",
    ),
    "path renamed, record made by hand": (
        start_with_a_record('path("s/<slug:route>", EchoView.as_view())'),
        "nobody can connect: no URL matches '/ws/connect'. Its target_base_endpoint must be",
    ),
    "second view beside a record made by hand": (
        start_with_a_record(ECHO, 'path("o/<slug:route>", OtherView.as_view())'),
        "OtherView is not served: no ApiGateway has the target_base_endpoint http://127.0.0.1:",
    ),
    "handler listed that is not there": (
        check('path("ws/<slug:route>", EchoView.as_view(ALLOWED_HANDLERS={"defaults"}))'),
        "EchoView lists the handler 'defaults', and has no such method.",
    ),
    "handlers in a text": (
        check('path("ws/<slug:route>", EchoView.as_view(ALLOWED_HANDLERS="default"))'),
        "EchoView.ALLOWED_HANDLERS must be a list or a set of names, such as ['shout'].",
    ),
    "tokens without a middleware for logins": (
        check(
            'path("ws/<slug:route>", EchoView.as_view(USE_WS_TOKEN=True))',
            settings="MIDDLEWARE = []",
        ),
        "MIDDLEWARE has nothing that finds out who they are: django.contrib.sessions.middleware",
    ),
    "tokens that nobody gives": (
        check('path("ws/<slug:route>", EchoView.as_view(USE_WS_TOKEN=True))'),
        "HINT: Add path('ws/token/', WebSocketTokenView.as_view()) to the URLs",
    ),
    "staticfiles above the app": (
        check(settings=STATIC_FIRST),
        "HINT: Move 'django_aws_api_gateway_websockets' above 'django.contrib.staticfiles'",
    ),
    "key misspelt": (
        check(settings='WEBSOCKETS["local_gatway"] = True'),
        "WEBSOCKETS has the key 'local_gatway', which nothing reads.",
    ),
    "address without a port": (
        check(settings='WEBSOCKETS["local_gateway_address"] = "localhost"'),
        'WEBSOCKETS["local_gateway_address"] must be HOST:PORT, such as "127.0.0.1:8001".',
    ),
    "gateway asked for while AWS is set": (
        lambda project: project.write(settings="WEBSOCKETS = {}").manage("runwebsocketgateway"),
        'Set WEBSOCKETS = {"local_gateway": True} first',
    ),
    "backend that is no address": (
        lambda project: project.manage("runwebsocketgateway", "--backend", "127.0.0.1:8000"),
        "--backend must be like http://127.0.0.1:8000, not '127.0.0.1:8000'.",
    ),
    "pages for a phone, and no gateway for it": (
        start(address="0.0.0.0:{port}"),
        'no socket: for them, set WEBSOCKETS["local_gateway_address"] = "0.0.0.0:',
    ),
    "hosts without the one the gateway calls": (
        start(settings='ALLOWED_HOSTS = ["shop.test"]'),
        "the gateway calls Django at 127.0.0.1, which ALLOWED_HOSTS lacks. Add '127.0.0.1' to it.",
    ),
    "no credentials": (
        shell("session.send_message({})", ON_AWS),
        "The local gateway is off and nothing listens at 127.0.0.1:9: to work without AWS, set",
    ),
    "gateway not started": (
        shell("session.send_message({})"),
        "manage.py runwebsocketgateway",
    ),
    "page under gunicorn alone": (
        shell("print(gateway.websocket_url(RequestFactory().get('/')))"),
        "where sockets are to be opened: start the gateway with `manage.py runwebsocketgateway`",
    ),
    "endpoint without its slash": (
        shell("print('endpoint:', gateway.target_base_endpoint)"),
        "endpoint: https://www.example.com/ws/",
    ),
    "no such record": (
        lambda project: project.manage("createApiGateway", "--pk", "9"),
        "No ApiGateway has --pk 9; there is none at all.",
    ),
}


@pytest.fixture
def project(tmp_path) -> Iterator[NewProject]:
    made = NewProject(tmp_path / "shop").migrate()
    yield made
    made.stop()


@pytest.mark.parametrize("mistake", ON_THE_COMMAND_LINE)
def test_the_command_tells_the_person_what_to_do(project, mistake):
    make, sentence = ON_THE_COMMAND_LINE[mistake]

    command = make(project)
    command.ended()

    said = re.sub(r"\s+", " ", command.said)
    assert sentence in said


def test_there_are_more_than_thirty():
    assert len(IN_THE_TERMINAL) + len(ON_THE_COMMAND_LINE) > 30
