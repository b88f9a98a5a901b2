"""The testing recipes of the existing package's documentation pass with ours, word for word.

They are read out of the released source archive each time; nothing of them is kept here.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 180.0

RECIPES = [
    "test_default_handler_returns_message",
    "test_connect_creates_websocket_session",
    "test_disconnect_marks_session_disconnected",
    "test_authenticated_user_can_request_websocket_token",
    "test_websocket_token_is_single_use",
    "test_connection_rate_limit_blocks_excess_attempts",
    "test_send_message_posts_to_connection",
    "test_send_message_to_channel",
    "test_clear_websocket_sessions_command",
]
"""The nine that need nothing the page does not define."""

SELECTION_RECIPES = [
    "test_chat_message_handler_is_selected",
    "test_fetch_history_handler_is_selected",
]
"""These use the page's other view, and fixtures every reader would write like this."""

FIXTURES = """
import pytest
from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession

@pytest.fixture
def api_gateway(db):
    return ApiGateway.objects.create(
        api_name="Test API", target_base_endpoint="https://testserver/ws/", api_id="abc123",
        api_created=True,
    )

@pytest.fixture
def websocket_session(api_gateway):
    return WebSocketSession.objects.create(connection_id="connection-1", api_gateway=api_gateway)
"""

URLS = """
from django.urls import path
from django_aws_api_gateway_websockets.views import WebSocketTokenView
import recipe_views

urlpatterns = [
    path("ws/<slug:route>", recipe_views.{view}.as_view()),
    path("api/ws-token/", WebSocketTokenView.as_view()),
]
"""

SETTINGS = """
from tests.project.settings import *

ROOT_URLCONF = "recipe_urls"
ALLOWED_HOSTS = ["testserver"]
"""


@pytest.fixture(scope="module")
def blocks(released_blocks) -> list[str]:
    return released_blocks("testing")


def run_recipes(folder: Path, blocks: list[str], view: str, names: list[str]) -> str:
    """Write the page's views and tests into a project, and let pytest run these tests."""
    views = [block for block in blocks if "(WebSocketView)" in block]
    tests = [block for block in blocks if "def test_" in block or "def api_gateway_" in block]
    (folder / "recipe_views.py").write_text("\n".join(views))
    (folder / "recipe_urls.py").write_text(URLS.format(view=view))
    (folder / "recipe_settings.py").write_text(SETTINGS)
    (folder / "conftest.py").write_text(FIXTURES)
    (folder / "test_recipes.py").write_text("\n".join(tests))
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"),
        *("-p", "no:asyncio"),
        *("-c", os.devnull, "--rootdir", str(folder), "-W", "error"),
        *("--ds", "recipe_settings", "-k", " or ".join(names), str(folder)),
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT / "src"), str(ROOT)]),
    }
    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return finished.stdout + finished.stderr


def test_the_recipe_for_a_channel_with_a_rule_passes_as_it_is(tmp_path, released_blocks):
    blocks = released_blocks("channel_permissions")

    output = run_recipes(tmp_path, blocks, "None", ["ReportsChannelTests"])

    assert "1 passed" in output, output


def test_the_nine_recipes_pass_as_they_are(tmp_path, blocks):
    output = run_recipes(tmp_path, blocks, "ExampleWebSocketView", RECIPES)

    assert "9 passed" in output, output


def test_the_recipes_for_handler_selection_pass_as_they_are(tmp_path, blocks):
    output = run_recipes(tmp_path, blocks, "ChatWebSocketView", SELECTION_RECIPES)

    assert "2 passed" in output, output
