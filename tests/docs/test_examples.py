"""Every Python block of the documentation compiles, and those that run do what they say.

The blocks of a page share one namespace, which they can also import as `chat.views`. Words may
stand behind the language: none for a block that is run, `settings` for one whose names are
settings, and `excerpt: REASON` for one that cannot run by itself.
"""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.core import checks
from django.template import engines
from django.test import override_settings
from django.urls import clear_url_caches, get_resolver
from websockets.sync.client import ClientConnection, connect

from django_aws_api_gateway_websockets.channels.registry import declared_kinds, unregister
from django_aws_api_gateway_websockets.models import (
    ApiGateway,
    ApiGatewayAdditionalRoute,
    WebSocketSession,
)
from django_aws_api_gateway_websockets.receiving.routed_views import find_socket_views
from django_aws_api_gateway_websockets.signals import joined
from tests.docs.pages import DOCS, ROOT, Block, blocks, pages

APP = "django_aws_api_gateway_websockets"
SECONDS = 60.0
MOST_EXCERPTS = 3

PYTHON = [block for page in pages() for block in blocks(page) if block.language == "python"]
SETTINGS = [block for block in PYTHON if block.words == "settings"]
RUN = [block for block in PYTHON if block.words == "" and DOCS in block.path.parents]
PAGES_THAT_RUN = sorted({block.path for block in RUN})


def place(block: Block) -> str:
    return f"{block.path.relative_to(ROOT)}:{block.line}"


def compiled(block: Block) -> Any:
    # The lines before it are left empty, so that a traceback names the line of the page.
    text = "\n" * (block.line - 1) + block.code
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return compile(text, str(block.path), "exec", flags=flags, dont_inherit=True)


def run(block: Block, namespace: dict[str, Any]) -> None:
    """Run a block as the body of a module, or of a coroutine where it awaits."""
    coroutine = FunctionType(compiled(block), namespace)()
    if coroutine is None:
        return

    async def wait() -> None:
        await coroutine

    async_to_sync(wait)()


@pytest.fixture
def socket(live_server, local_gateway) -> Any:
    """A socket of the user ada in the channel `general`, through a real gateway."""
    gateway = ApiGateway.objects.create(
        api_name="Docs", target_base_endpoint=f"{live_server.url}/live-ws/"
    )
    gateway.create_gateway()
    with connect(
        f"{gateway.websocket_url()}?channel=general",
        origin=live_server.url,
        additional_headers={"Cookie": "theme=dark"},
        open_timeout=SECONDS,
        close_timeout=SECONDS,
    ) as opened:
        ada = get_user_model().objects.create_user("ada")
        WebSocketSession.objects.update(user=ada)
        yield opened


@pytest.fixture
def namespace(monkeypatch) -> Iterator[dict[str, Any]]:
    """Run the blocks of a page; what they define is also `chat.views` and `chat.channels`."""
    chat, views = ModuleType("chat"), ModuleType("chat.views")
    monkeypatch.setitem(sys.modules, "chat", chat)
    monkeypatch.setitem(sys.modules, "chat.views", views)
    monkeypatch.setitem(sys.modules, "chat.channels", views)
    before = declared_kinds()
    yield vars(views)
    for kind in declared_kinds():
        if kind not in before:
            unregister(kind)
    for receiver in filter(inspect.isfunction, vars(views).values()):
        joined.disconnect(receiver)


def received(socket: ClientConnection, number: int) -> list[Any]:
    return [json.loads(socket.recv(timeout=SECONDS)) for _ in range(number)]


@pytest.mark.parametrize("block", PYTHON, ids=place)
def test_a_block_is_python(block):
    assert compiled(block)


def test_few_blocks_are_only_read():
    run_here = {"", "settings"}
    others = [one for one in PYTHON if one.words not in run_here]

    assert all(block.words.startswith("excerpt: ") for block in others)
    assert len(others) <= MOST_EXCERPTS


@pytest.fixture
def app_chat(tmp_path, monkeypatch) -> Iterator[None]:
    """Make the app `chat` of the reader's own, empty."""
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("chat", None)


@pytest.mark.parametrize("block", SETTINGS, ids=place)
def test_a_block_of_settings_passes_the_checks(block, app_chat, monkeypatch):
    monkeypatch.setenv("GATEWAY_SECRET", "not-a-secret-but-long-enough-to-be-one")
    values: dict[str, Any] = {}
    exec(compiled(block), values)
    names = {name: value for name, value in values.items() if name.isupper()}

    with override_settings(**names):
        found = checks.run_checks(include_deployment_checks=True)

    ours = [message for message in found if str(message.id).startswith(f"{APP}.")]
    assert names
    assert [message for message in ours if message.level >= checks.ERROR] == []
    assert [message for message in ours if message.id == f"{APP}.W002"] == []


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", PAGES_THAT_RUN, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(page, socket, namespace):
    for block in RUN:
        if block.path == page:
            run(block, namespace)

    assert namespace


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
def test_the_messages_of_the_page_about_sending_arrive(socket, namespace):
    for block in blocks(DOCS / "reference/sending.md"):
        assert block.language == "python"
        run(block, namespace)

    kinds = [frame["type"] for frame in received(socket, 7)]
    assert kinds == ["greeting", "notice", "notice", "notice", "notice", "greeting", "notice"]


@pytest.mark.django_db
def test_the_template_of_the_page_about_mixins_names_domain_and_channel(api_gateway):
    block, *others = [
        one for one in blocks(DOCS / "reference/mixins.md") if "django" in one.language
    ]
    route = ApiGatewayAdditionalRoute(api_gateway=api_gateway, route_key="dashboard")
    template = engines["django"].from_string(block.code)
    context = {"channel_name": "dashboard", "websocket_url": "wss://ws.example.com"}

    configured = template.render(context | {"api_gateway_route": route})
    missing = template.render(context | {"api_gateway_route": None})
    tags = [engines["django"].from_string(one.code).render() for one in others]

    assert '"wss://ws.example.com"' in configured
    assert '"dashboard"' in configured
    assert "not configured" in missing
    assert '/production?channel=general")' in tags[0]
    assert '"channels": {"room-7": null}' in tags[1]


@pytest.mark.django_db
def test_the_urls_of_the_page_about_views_need_no_change(namespace):
    for block in blocks(DOCS / "reference/views.md"):
        if block.language == "python":
            run(block, namespace)

    with override_settings(ROOT_URLCONF="chat.views"):
        clear_url_caches()
        assert get_resolver().reverse_dict.getlist("websocket_token")
        assert [view.has_route_slug for view in find_socket_views()] == [True]
    clear_url_caches()
