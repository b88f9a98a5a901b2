"""The command line: reads options, starts a gateway, says what went wrong in one sentence."""

import argparse
import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from ..core.errors import WebSocketsError
from .access_log import access, problems
from .config import LOCAL_CREDENTIALS, Config

__all__ = ["main"]

PROGRAM: Final = "python -m django_aws_api_gateway_websockets.gateway"

DESCRIPTION: Final = """\
AWS API Gateway for WebSockets on your own machine: the same calls, the same
messages to your backend, the same errors. Nothing leaves the machine.
"""

EPILOG: Final = """\
addresses, for the port 8001:
  control plane  http://127.0.0.1:8001                                     (boto3: apigatewayv2)
  sockets        ws://127.0.0.1:8001/_aws/execute-api/API/STAGE
                 ws://127.0.0.1:8001/STAGE                 while one API has that stage
                 ws://API.execute-api.REGION.localhost:8001/STAGE
  management     http://127.0.0.1:8001/_aws/execute-api/API/STAGE   (boto3: apigatewaymanagementapi)

Calls have to be signed: with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment this
runs in, or with the access key "local" and the secret "local".
"""


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> int:
    """Run a gateway until SIGINT or SIGTERM; the exit code."""
    options = _parser().parse_args(arguments)
    _set_up_logging(is_quiet=options.quiet)
    config = Config(
        host=options.host,
        port=options.port,
        region=options.region,
        clock_speed=options.clock_speed,
        state_file=options.state,
        credentials=_credentials(environment),
        behind_proxy=options.behind_proxy,
    )
    if not config.behind_proxy and not _is_loopback(config.host):
        return _fail(
            f"{config.host} can be reached from other machines, and this gateway speaks neither "
            "TLS nor asks who connects: use --host 127.0.0.1, or --behind-proxy if a proxy that "
            "does both stands in front."
        )
    try:
        with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
            runner.run(_serve(config, until_stdin_closes=options.until_stdin_closes))
    except ModuleNotFoundError as error:
        if error.name != "websockets":
            raise
        return _fail(
            "The gateway needs the package websockets: "
            "pip install 'django-aws-api-gateway-websockets[gateway]'."
        )
    except WebSocketsError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(_in_words(error, config))
    return 0


async def _serve(config: Config, *, until_stdin_closes: bool) -> None:
    # Imported here, because this is what needs the optional package.
    from .server import running_gateway

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    if until_stdin_closes:
        _watch_stdin(loop, stopping)
    async with running_gateway(config) as gateway:
        # The first line on stdout: whoever started this waits for it to learn the port.
        print(f"Listening on {gateway.url}", flush=True)  # noqa: T201 - the documented interface.
        await stopping.wait()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Stop at the end of stdin: a pipe from the process that started this one ends with it."""

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            stopping.set()

    loop.add_reader(sys.stdin.fileno(), read)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, options in OPTIONS.items():
        parser.add_argument(name, **options)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1_000_000:  # noqa: PLR2004 - more would end connections at birth.
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a speed: give a factor greater than 0, 120 for two hours in a minute"
        )
    return speed


def _credentials(environment: Mapping[str, str]) -> Mapping[str, str]:
    key = environment.get("AWS_ACCESS_KEY_ID")
    secret = environment.get("AWS_SECRET_ACCESS_KEY")
    return {**LOCAL_CREDENTIALS, key: secret} if key and secret else LOCAL_CREDENTIALS


def _set_up_logging(*, is_quiet: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"))
    problems.addHandler(handler)
    problems.propagate = False
    problems.setLevel(logging.INFO)
    problems.getChild("frames").setLevel(logging.ERROR)
    access.setLevel(logging.WARNING if is_quiet else logging.INFO)


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's factory where it happens to be installed; it is never needed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_words(error: OSError, config: Config) -> str:
    place = f"{config.host} port {config.port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"Something already listens on {place}, perhaps another gateway: stop it, "
            "or choose another port with --port (0 picks a free one)."
        )
    return f"Cannot listen on {place} ({error.strerror or error}): choose another --host or --port."


def _fail(sentence: str) -> int:
    problems.error(sentence)
    return 1


OPTIONS: Final[Mapping[str, dict[str, Any]]] = {
    "--host": {
        "default": "127.0.0.1",
        "help": "address to listen on (default: %(default)s)",
    },
    "--port": {
        "type": _port,
        "default": 8001,
        "help": "port to listen on, 0 for any free one (default: %(default)s)",
    },
    "--region": {
        "default": "us-east-1",
        "help": "AWS region to play (default: %(default)s)",
    },
    "--clock-speed": {
        "type": _speed,
        "default": 1.0,
        "metavar": "FACTOR",
        "help": "how much faster than the world the clock of the two-hour and ten-minute limits "
        "runs; timeouts of backends stay real seconds (default: %(default)s)",
    },
    "--state": {
        "type": Path,
        "metavar": "FILE",
        "help": "keep APIs, routes and stages in this file across restarts",
    },
    "--behind-proxy": {
        "action": "store_true",
        "help": "allow addresses other machines can reach, and any Host header: a proxy in front "
        "answers for TLS and for host names",
    },
    "--until-stdin-closes": {
        "action": "store_true",
        "help": "stop when standard input ends, for a process that starts this one through a pipe",
    },
    "--quiet": {
        "action": "store_true",
        "help": "write problems only, no line for each event",
    },
}
