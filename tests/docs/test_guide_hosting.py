"""The files of the guide to self-hosting are taken by nginx, systemd, gunicorn and the gateway."""

import gc
import http.client
import re
import shlex
import shutil
import subprocess

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from django_aws_api_gateway_websockets.gateway.options import option_parser
from tests.docs.nginx_process import nginx
from tests.docs.pages import DOCS
from tests.gateway.aws import control_plane
from tests.gateway.processes import gateway_process
from tests.waiting import SECONDS

FILES = DOCS / "how-to" / "files" / "self-hosting"
SERVICE = (FILES / "websocket-gateway.service").read_text()
BLOCK = (FILES / "nginx.conf").read_text()


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", path)
    found = connection.getresponse().status
    connection.close()
    return found


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_lets_sockets_through_and_nothing_else(tmp_path):
    with gateway_process("--quiet", "--behind-proxy") as gateway:
        api = control_plane(gateway.url).create_api(
            Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )
        control_plane(gateway.url).create_stage(ApiId=api["ApiId"], StageName="production")
        with nginx(tmp_path, BLOCK.replace("http://127.0.0.1:8001", gateway.url)) as port:
            inside = [status(port, path) for path in ("/", "/_gateway/health", "/v2/apis")]
            with (
                pytest.raises(InvalidStatus) as refused,
                connect(f"ws://127.0.0.1:{port}/production", open_timeout=SECONDS),
            ):
                pass

    assert inside == [404, 404, 404]
    # Nothing is deployed to the stage yet, which API Gateway itself says.
    assert refused.value.response.status_code == 403
    assert b"Forbidden" in refused.value.response.body


def test_the_service_starts_the_gateway_with_options_it_has():
    start = re.search(r"^ExecStart=((?:.*\\\n)*.*)$", SERVICE, re.M)[1].replace("\\\n", " ")
    program, flag, module, *options = shlex.split(start)

    assert program.endswith("/python")
    assert (flag, module) == ("-m", "django_aws_api_gateway_websockets.gateway")
    chosen = option_parser().parse_args(options)
    assert (chosen.behind_proxy, chosen.messages_per_second) == ((), 20)
    assert chosen.state.parent.name == re.search(r"^StateDirectory=(.+)$", SERVICE, re.M)[1]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_knows_each_line_of_the_service(tmp_path):
    unit = tmp_path / "websocket-gateway.service"
    # It looks for the program as well, which is not here.
    unit.write_text(SERVICE.replace("/srv/chat/venv/bin/python", "/bin/true"))

    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )

    said = [line for line in ended.stderr.splitlines() if unit.name in line]
    assert [line for line in said if "Unknown" in line or "Failed to parse" in line] == []


def test_the_environment_of_the_service_has_what_the_gateway_reads():
    source = "".join(
        path.read_text()
        for path in (DOCS.parent / "src/django_aws_api_gateway_websockets/gateway").rglob("*.py")
    )
    names = re.findall(r"^([A-Z_]+)=", (FILES / "websocket-gateway.env").read_text(), re.M)

    assert len(names) == 3
    assert [name for name in names if f'"{name}"' not in source] == []


def test_gunicorn_leaves_out_what_is_loaded_at_the_start():
    values = {}
    exec((FILES / "gunicorn.conf.py").read_text(), values)

    values["post_worker_init"](worker=None)
    frozen = gc.get_freeze_count()
    gc.unfreeze()

    assert frozen > 10_000
