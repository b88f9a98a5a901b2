"""The peers of `gateway.py`: how each is started, on a core of its own, and stopped.

Python's parts come from requirements/benchmarks.txt, serverless-offline's from its package.json,
each into a throw-away environment; Pushpin is what the system has installed.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import ROOT

__all__ = ["PEERS", "Environment", "NotHereError", "Peer", "Running"]

CHATS = ROOT / "benchmarks" / "peers" / "chats"
START_SECONDS = 60
THREADS = "8"
PYTHONPATH = os.pathsep.join([str(ROOT / "src"), str(ROOT)])


class NotHereError(Exception):
    """A peer cannot be measured on this machine, and why."""


@dataclass(frozen=True)
class Running:
    """A peer that listens: where, and the processes that count as its own."""

    url: str
    pids: list[int]
    """The server that holds the sockets comes first."""
    origin: str = "http://127.0.0.1"
    backend: str = ""
    """Address of Django itself, if its calls are recorded."""
    recorded: str = ""
    """The file they are recorded in."""


@dataclass(frozen=True)
class Environment:
    """The folder everything is installed in, and the core the peers run on."""

    folder: Path
    core: int

    @property
    def python(self) -> str:
        return str(self.folder / "python" / "bin" / "python")

    def install(self) -> None:
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", str(self.folder / "python")], check=True)
        requirements = str(ROOT / "requirements" / "benchmarks.txt")
        install = [*uv, "pip", "install", "--quiet", "--python", self.python, "-r", requirements]
        subprocess.run(install, check=True)

    @contextmanager
    def started(
        self, *command: str, folder: Path = CHATS, **variables: str
    ) -> Iterator[subprocess.Popen[str]]:
        """A process on the peers' core, with all it starts."""
        log = (self.folder / "peers.log").open("a")
        process = subprocess.Popen(
            ["taskset", "--cpu-list", str(self.core), *command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": PYTHONPATH, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if "--port" in command and "0" in command else log,
            stderr=log,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()

    @contextmanager
    def database(self, module: str, **variables: str) -> Iterator[str]:
        """The database of a chat, dropped in the end; gives the last line that making it said."""
        command = [self.python, str(CHATS / module)]
        environ = {**os.environ, "PYTHONPATH": PYTHONPATH, **variables}
        try:
            made = subprocess.run(
                [*command, "create"], env=environ, check=True, stdout=subprocess.PIPE, text=True
            )
            yield made.stdout.strip().rpartition("\n")[2]
        finally:
            subprocess.run([*command, "drop"], env=environ, check=True)

    def gunicorn(self, module: str, port: int) -> list[str]:
        return [
            *(self.python, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "1"),
            *("--threads", THREADS, "--keep-alive", "60", "--log-level", "error"),
            *("--worker-connections", "2000", "--bind", f"127.0.0.1:{port}", module),
        ]


@dataclass(frozen=True)
class Peer:
    """Something that does the same job."""

    label: str
    run: Callable[..., Iterator[Running]]
    options: tuple[str, ...] = ()
    idle: int = 5_000
    rooms: tuple[int, ...] = (100, 1_000)


@contextmanager
def ours(environment: Environment, loop: str) -> Iterator[Running]:
    backend = free_port()
    with ExitStack() as stack:
        module = "django_aws_api_gateway_websockets.gateway"
        # `-c` keeps uvloop out, which the command line takes wherever it is installed.
        start = ["-m", module] if loop == "uvloop" else ["-c", _WITHOUT_UVLOOP]
        gateway = stack.enter_context(
            environment.started(environment.python, *start, "--port", "0", "--quiet")
        )
        address = gateway.stdout.readline().strip().removeprefix("Listening on http://")
        recorded = environment.folder / f"echoes-{backend}.jsonl"
        variables = {
            "CHAT_BACKEND": f"http://127.0.0.1:{backend}",
            "CHAT_DATABASE": f"bench_gateway_{secrets.token_hex(4)}",
            "CHAT_GATEWAY": address,
        }
        url = stack.enter_context(environment.database("ours.py", **variables))
        gunicorn = environment.gunicorn("ours:application", backend)
        django = stack.enter_context(
            environment.started(*gunicorn, **variables, CHAT_RECORD=str(recorded))
        )
        wait_for(backend)
        own = variables["CHAT_BACKEND"]
        yield Running(url, [gateway.pid, django.pid], own, own, str(recorded))


_WITHOUT_UVLOOP = (
    "import sys; sys.modules['uvloop'] = None; "
    "from django_aws_api_gateway_websockets.gateway.cli import main; sys.exit(main())"
)


@contextmanager
def channels(
    environment: Environment, server: str, layer: str, checks: str = ""
) -> Iterator[Running]:
    port = str(free_port())
    commands = {
        "daphne": ["daphne", "-v", "0", "-b", "127.0.0.1", "-p", port],
        "uvicorn": ["uvicorn", "--log-level", "error", "--port", port],
    }
    if layer == "redis" and not answers(6379):
        raise NotHereError("no Redis answers at 127.0.0.1:6379")
    command = [environment.python, "-m", *commands[server], "on_channels:application"]
    variables = {"CHAT_LAYER": layer}
    with ExitStack() as stack:
        if checks:
            variables["CHAT_DATABASE"] = f"bench_gateway_{secrets.token_hex(4)}"
            stack.enter_context(environment.database("on_channels.py", **variables))
        process = stack.enter_context(environment.started(*command, **variables))
        wait_for(int(port))
        yield Running(f"ws://127.0.0.1:{port}/", [process.pid])


@contextmanager
def pushpin(environment: Environment, message_rate: str) -> Iterator[Running]:
    if shutil.which("pushpin") is None or shutil.which("zurl") is None:
        raise NotHereError("Pushpin is not installed (apt-get install pushpin)")
    folder = environment.folder / f"pushpin-{message_rate}"
    folder.mkdir(exist_ok=True)
    backend = free_port()
    (folder / "routes").write_text(f"* 127.0.0.1:{backend},over_http\n")
    config = Path("/etc/pushpin/pushpin.conf").read_text()
    for name, value in {
        "message_rate": message_rate,
        "message_hwm": "1000000",
        "rundir": str(folder),
        "logdir": str(folder),
    }.items():
        lines = config.splitlines()
        config = "\n".join(
            f"{name}={value}" if line.startswith(f"{name}=") else line for line in lines
        )
    (folder / "pushpin.conf").write_text(config)
    # Pushpin looks for zurl at this address, and Django is on this machine.
    Path("/var/run/zurl").mkdir(exist_ok=True)
    zurl_config = Path("/etc/zurl.conf").read_text().replace("\ndeny=127.*", "\ndeny=256.*")
    (folder / "zurl.conf").write_text(zurl_config)
    with ExitStack() as stack:
        gunicorn = environment.gunicorn("behind_pushpin:application", backend)
        processes = [
            stack.enter_context(environment.started(*command, PUSHPIN_PUBLISH_PORT="5561"))
            for command in (
                gunicorn,
                ["zurl", f"--config={folder / 'zurl.conf'}"],
                ["pushpin", f"--config={folder / 'pushpin.conf'}"],
            )
        ]
        wait_for(backend)
        wait_for(7999)
        wait_for(5561)
        yield Running("ws://127.0.0.1:7999/", [process.pid for process in processes])


@contextmanager
def serverless_offline(environment: Environment) -> Iterator[Running]:
    if shutil.which("npm") is None:
        raise NotHereError("npm is not installed")
    folder = environment.folder / "serverless"
    if not folder.exists():
        shutil.copytree(CHATS / "serverless_offline", folder)
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
    if subprocess.run(npm, cwd=folder, check=False).returncode:
        raise NotHereError("npm could not install serverless-offline")
    ports = [free_port() for _ in range(3)]
    names = ("--websocketPort", "--httpPort", "--lambdaPort")
    options = [text for pair in zip(names, map(str, ports), strict=True) for text in pair]
    command = [str(folder / "node_modules/.bin/serverless"), "offline", "--useInProcess", *options]
    with environment.started(
        *command,
        folder=folder,
        CHAT_PORT=str(ports[0]),
        SLS_TELEMETRY_DISABLED="1",
        SLS_NOTIFICATIONS_MODE="off",
    ) as process:
        wait_for(ports[0])
        yield Running(f"ws://127.0.0.1:{ports[0]}/", [process.pid])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while not answers(port):
        if time.monotonic() > end:
            raise NotHereError(f"nothing listened on port {port} within {START_SECONDS} seconds")
        time.sleep(0.1)


_OURS = {"idle": 10_000, "rooms": (100, 1_000, 5_000)}
PEERS = {
    "ours": Peer("ours (asyncio), sessions in PostgreSQL", ours, ("asyncio",), **_OURS),
    "ours-uvloop": Peer("ours on uvloop, sessions in PostgreSQL", ours, ("uvloop",), **_OURS),
    "daphne-memory": Peer("Channels, daphne, in memory", channels, ("daphne", "memory")),
    "daphne-redis": Peer("Channels, daphne, Redis", channels, ("daphne", "redis")),
    "uvicorn-memory": Peer("Channels, uvicorn, in memory", channels, ("uvicorn", "memory")),
    "uvicorn-redis": Peer("Channels, uvicorn, Redis", channels, ("uvicorn", "redis")),
    "daphne-checks": Peer(
        "Channels, daphne, Redis, sessions in PostgreSQL", channels, ("daphne", "redis", "checks")
    ),
    "uvicorn-checks": Peer(
        "Channels, uvicorn, Redis, sessions in PostgreSQL", channels, ("uvicorn", "redis", "checks")
    ),
    "pushpin": Peer("Pushpin, as installed", pushpin, ("2500",)),
    # Any rate has Pushpin gather messages for 25 ms; 0 is none.
    "pushpin-fast": Peer("Pushpin, no message rate", pushpin, ("0",)),
    "serverless-offline": Peer("serverless-offline", serverless_offline, idle=2_000),
}
