"""nginx as the manual has it adds what API Gateway leaves out and the view wants."""

import http.client
import re
import shutil
from urllib.parse import urlsplit

import pytest
from django.test import Client

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketView
from tests import events
from tests.docs.nginx_process import nginx
from tests.docs.pages import DOCS

FILES = DOCS / "how-to" / "aws" / "files"
BLOCK = (FILES / "nginx.conf").read_text()
NOT_SURELY_SENT = {"X-Real-Ip", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port"}
"""Headers the view wants that API Gateway never sends, or may leave out of a message."""
WITHOUT_PROXY = {
    name: value for name, value in events.COMMON_HEADERS.items() if name not in NOT_SURELY_SENT
}


def test_the_block_sets_what_api_gateway_may_leave_out():
    wanted = {*WebSocketView.required_headers, *WebSocketView.additional_required_headers}

    assert set(re.findall(r"proxy_set_header (X-[\w-]+)", BLOCK)) == NOT_SURELY_SENT
    assert wanted >= NOT_SURELY_SENT


def post(port: int, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, body=b"", headers=headers)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


@pytest.mark.slow
@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_a_connect_is_accepted_behind_nginx_and_not_without_it(api_gateway, live_server, tmp_path):
    handshake = {**WITHOUT_PROXY, **events.HANDSHAKE_HEADERS, "Cookie": "theme=dark"}
    handshake["Origin"] = "http://www.example.com"
    direct = urlsplit(live_server.url).port

    with nginx(tmp_path, BLOCK.replace("http://127.0.0.1:8000", live_server.url)) as port:
        refused = post(direct, "/live-ws/connect", handshake)
        accepted = post(port, "/live-ws/connect", handshake)

    assert refused == (400, b"Invalid request headers")
    assert accepted == (200, b"{}")
    assert WebSocketSession.objects.get().connection_id == events.CONNECTION_ID


@pytest.mark.any_database
@pytest.mark.django_db
def test_the_view_behind_a_load_balancer_needs_no_x_real_ip(api_gateway, rf):
    values = {}
    exec((FILES / "views_behind_a_load_balancer.py").read_text(), values)
    headers = events.without(events.COMMON_HEADERS, "X-Real-Ip") | events.HANDSHAKE_HEADERS
    request = rf.post("/ws/connect", b"", "application/json", headers=headers, secure=True)

    usual = Client().post("/ws/connect", b"", "application/json", headers=headers)
    without = values["ChatView"].as_view(USE_WS_TOKEN=False)(request, route="connect")

    assert usual.status_code == 400
    assert without.status_code == 200
