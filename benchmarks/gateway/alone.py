"""The cost of the gateway itself: nginx stands in for Django, and posts come from this process.

The gateway has one core, everything else another. A message goes to nginx and its answer back to
the client, as on a route with a response; a post is signed, checked and delivered.

    python -m benchmarks.gateway.alone

prints the figures and keeps them in benchmarks/results/gateway_alone.json. nginx has to be
installed (Debian: nginx-light).
"""

import base64
import itertools
import json
import os
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from benchmarks.figures import keep, spread, take_no_options
from benchmarks.processes import cpu_seconds
from django_aws_api_gateway_websockets.core.sigv4.sign import Credentials
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.delivery.sender import Sender

GATEWAY_CORE, OTHER_CORE = 0, 1
CLIENTS = 500
SPEAKERS = 50
SECONDS = 4.0
ALONE = 500
POSTS = 30_000
ROUNDS = 5
TEXT = "x" * 150
NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/bodies;
  default_type application/json;
  server {{ listen 127.0.0.1:{port}; return 200 "{{}}"; }}
}}
"""


def main() -> None:
    """Some rounds of everything against one gateway."""
    if shutil.which("nginx") is None:
        sys.exit("nginx is not installed, which stands for Django here (Debian: nginx-light).")
    os.sched_setaffinity(0, {OTHER_CORE})
    with running_nginx() as backend, running_gateway() as (url, pid):
        api = deploy(url, backend)
        clients = [connect(api) for _ in range(CLIENTS)]
        rounds = [measure(api, backend, clients, pid) for _ in range(ROUNDS)]
    figures = {name: spread([one[name] for one in rounds]) for name in rounds[0]}
    keep("gateway_alone", {"command": "python -m benchmarks.gateway.alone", "figures": figures})
    for name, values in figures.items():
        print(
            f"{name:28} {values['median']:10,.2f}  ({values['min']:,.2f} to {values['max']:,.2f})"
        )


def measure(api: str, backend: str, clients: list["Client"], pid: int) -> dict[str, float]:
    alone = statistics.median(timed(clients[0].ask) for _ in range(ALONE))
    plain = statistics.median(timed(plain_call(backend)) for _ in range(ALONE))
    return {
        **messages(clients[:SPEAKERS], pid),
        "message_alone_p50_ms": alone * 1000,
        "plain_http_alone_p50_ms": plain * 1000,
        **posts(api, clients, pid),
    }


def messages(speakers: list["Client"], pid: int) -> dict[str, float]:
    """Each says something again as soon as it has been answered."""
    by_descriptor = {client.socket.fileno(): client for client in speakers}
    poll = select.epoll()
    for descriptor in by_descriptor:
        poll.register(descriptor, select.EPOLLIN)
    count, cpu, begun = 0, cpu_seconds([pid]), time.perf_counter()
    for client in speakers:
        client.say()
    while time.perf_counter() < begun + SECONDS:
        for descriptor, _ in poll.poll():
            by_descriptor[descriptor].hear()
            by_descriptor[descriptor].say()
            count += 1
    passed, cpu = time.perf_counter() - begun, cpu_seconds([pid]) - cpu
    for client in speakers:
        client.hear()
    poll.close()
    return {"messages_per_second": count / passed, "cpu_us_per_message": cpu / count * 1e6}


def posts(api: str, clients: list["Client"], pid: int) -> dict[str, float]:
    """One body to everybody, again and again; what arrives is left to the system's buffers."""
    sender = Sender(Endpoint.parse(api, region="us-east-1"), lambda: Credentials("local", "local"))
    ids = itertools.islice(itertools.cycle(client.connection_id for client in clients), POSTS)
    body = json.dumps({"type": "said", "text": TEXT}).encode()
    cpu, begun = cpu_seconds([pid]), time.perf_counter()
    kinds = {outcome.kind for outcome in sender.post_many(ids, body)}
    passed, cpu = time.perf_counter() - begun, cpu_seconds([pid]) - cpu
    assert kinds == {OutcomeKind.SENT}, kinds
    for client in clients:
        client.drop_what_came()
    return {"posts_per_second": POSTS / passed, "cpu_us_per_post": cpu / POSTS * 1e6}


class Client:
    """A WebSocket on a plain socket: what it costs must not count."""

    def __init__(self, own_socket: socket.socket) -> None:
        self.socket = own_socket
        self._frame = text_frame(json.dumps({"action": "echo", "text": TEXT}))
        own_socket.sendall(text_frame('{"action": "nowhere"}'))
        frame = own_socket.recv(4096)
        self.connection_id = json.loads(frame[frame.index(b"{") :])["connectionId"]

    def say(self) -> None:
        self.socket.sendall(self._frame)

    def hear(self) -> None:
        assert self.socket.recv(4096), "the gateway closed the connection"

    def ask(self) -> None:
        self.say()
        self.hear()

    def drop_what_came(self) -> None:
        self.socket.settimeout(0)
        with suppress(BlockingIOError):
            while self.socket.recv(1024 * 1024):
                pass
        self.socket.settimeout(None)


def text_frame(text: str) -> bytes:
    """A frame under an empty mask."""
    payload = text.encode()
    length = len(payload)
    head = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + length.to_bytes(2)
    return b"\x81" + head + bytes(4) + payload


def connect(api: str) -> Client:
    where = urlsplit(api)
    client = socket.create_connection((where.hostname, where.port))
    key = base64.b64encode(os.urandom(16)).decode()
    client.sendall(
        f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    answer = client.recv(4096)
    assert b" 101 " in answer, answer
    return Client(client)


def plain_call(backend: str) -> Callable[[], None]:
    """The same text straight to nginx."""
    body = json.dumps({"action": "echo", "text": TEXT}).encode()
    where = urlsplit(backend)
    connection = socket.create_connection((where.hostname, where.port))
    head = f"POST /echo HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"

    def call() -> None:
        connection.sendall(head.encode() + body)
        assert connection.recv(4096)

    return call


def timed(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def deploy(url: str, backend: str) -> str:
    """An API with an echo that replies, and a default route that leads nowhere."""
    client: Any = boto3.client(
        "apigatewayv2",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    api = client.create_api(
        Name="Bench", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    integration = client.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=f"{backend}/echo",
        RequestParameters={"integration.request.header.connectionId": "context.connectionId"},
    )["IntegrationId"]
    route = client.create_route(
        ApiId=api,
        RouteKey="echo",
        Target=f"integrations/{integration}",
        RouteResponseSelectionExpression="$default",
    )["RouteId"]
    client.create_route_response(ApiId=api, RouteId=route, RouteResponseKey="$default")
    client.create_stage(ApiId=api, StageName="bench")
    client.create_deployment(ApiId=api, StageName="bench")
    return f"{url}/_aws/execute-api/{api}/bench"


@contextmanager
def running_gateway(*options: str) -> Iterator[tuple[str, int]]:
    module = "django_aws_api_gateway_websockets.gateway"
    command = [sys.executable, "-m", module, "--port", "0", "--quiet", *options]
    with subprocess.Popen(
        ["taskset", "--cpu-list", str(GATEWAY_CORE), *command],
        stdout=subprocess.PIPE,
        # It explains every message that leads nowhere, as each client's first does.
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().removeprefix("Listening on "), process.pid
        finally:
            process.terminate()


@contextmanager
def running_nginx() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(NGINX.format(folder=folder, port=port))
        command = ["nginx", "-c", str(configuration), "-e", f"{folder}/error.log"]
        with subprocess.Popen(command) as process:
            try:
                while not (Path(folder) / "nginx.pid").exists():
                    if process.poll() is not None:
                        raise RuntimeError((Path(folder) / "error.log").read_text())
                    time.sleep(0.05)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


if __name__ == "__main__":
    take_no_options(__doc__)
    main()
