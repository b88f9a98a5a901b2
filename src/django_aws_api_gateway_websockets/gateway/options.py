"""The options of the command line, in the groups of `--help`."""

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .http.occupancy import most_connections
from .http.proxies import Network, networks_in
from .journal.access_log import JSON_FORMAT
from .journal.refusals import RefusalLines
from .weather.settings import SWITCHES

__all__ = ["OPTIONS", "option_parser"]

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
  live page      http://127.0.0.1:8001/_gateway/, beside it health, metrics and weather

Calls have to be signed: with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment this
runs in, or with the access key "local" and the secret "local".
Beyond loopback and behind a proxy, the live page asks for the WEBSOCKET_GATEWAY_TOKEN of that
environment, or for one that is printed.

examples, after %(prog)s:
  --state gateway.json
  --clock-speed 120                                   two hours pass in a minute
  --weather post-429=20%%,cut=5%%,delay=200ms           a bad day
  --host 0.0.0.0 --cert chain.pem --key key.pem
  --behind-proxy --drain-seconds 30 --state /var/lib/gateway/state.json
"""


def option_parser() -> argparse.ArgumentParser:
    """Make a parser of all options."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage="%(prog)s [options]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for title, options in _GROUPS.items():
        group = parser.add_argument_group(title)
        for name, settings in options.items():
            group.add_argument(name, **settings)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535):  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _speed(text: str) -> float:
    speed = _number(text)
    if not 0 < speed <= 1_000_000:  # noqa: PLR2004 - more would end connections at birth.
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a speed: give a factor greater than 0, 120 for two hours in a minute"
        )
    return speed


def _duration(text: str) -> float:
    seconds = _number(text)
    if not 0 <= seconds <= _A_DAY:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: give seconds, from 0 to {_A_DAY}")
    return seconds


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of connections: give 1 or more")
    return int(text[:9])


def _rate(text: str) -> float:
    rate = _number(text)
    if rate and not _ONE_IN_A_WHILE <= rate <= _MOST_A_SECOND:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no rate: give messages a second, or 0 for no limit"
        )
    return rate


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return networks_in(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}: give networks such as 10.0.0.5") from None


def _weather(text: str) -> list[tuple[str, str]]:
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    return [(name, value) for name, _, value in pairs]


_A_DAY: Final = 86_400

_ONE_IN_A_WHILE: Final = 0.01
_MOST_A_SECOND: Final = 1_000_000

_GROUPS: Final[Mapping[str, Mapping[str, dict[str, Any]]]] = {
    "where it listens": {
        "--host": {"default": "127.0.0.1", "help": "address to listen on (default: %(default)s)"},
        "--port": {
            "type": _port,
            "default": 8001,
            "help": "port to listen on, 0 for any free one (default: %(default)s)",
        },
        "--region": {"default": "us-east-1", "help": "AWS region to play (default: %(default)s)"},
        "--cert": {
            "type": Path,
            "metavar": "FILE",
            "help": "speak TLS 1.2 and 1.3 with this certificate chain, PEM; SIGHUP reads it again",
        },
        "--key": {
            "type": Path,
            "metavar": "FILE",
            "help": "the certificate's key, PEM, not encrypted",
        },
        "--plain-http": {
            "action": "store_true",
            "help": "allow an address other machines can reach without TLS, for a phone, a "
            "container or a virtual machine in a network you trust: whoever is in it can read all",
        },
        "--allow-host": {
            "action": "append",
            "default": [],
            "metavar": "NAME",
            "help": "serve this Host header, too, besides loopback names and addresses: a name, "
            ".example.com for all below one, or * for any; may be given more than once",
        },
        "--behind-proxy": {
            "type": _networks,
            "nargs": "?",
            "const": (),
            "metavar": "NETWORKS",
            "help": "a proxy in front answers for TLS and for host names: allow addresses other "
            "machines can reach, serve any Host header, take the client's address from the last "
            "hop of X-Forwarded-For, and talk to nobody but this machine and these networks, such "
            "as 10.0.0.5,172.16.0.0/12 (default: none)",
        },
    },
    "how it behaves": {
        "--clock-speed": {
            "type": _speed,
            "default": 1.0,
            "metavar": "FACTOR",
            "help": "how much faster than the world the clock of the two-hour and ten-minute "
            "limits runs; timeouts of backends stay real seconds (default: %(default)s)",
        },
        "--serialise": {
            "action": "store_true",
            "help": "hand a connection's messages to its backend one after the other; without it "
            "up to 16 run side by side, because AWS promises no order",
        },
        "--quotas": {
            "action": "store_true",
            "help": "hold callers to the default quotas of an AWS account: 500 connects and 10,000 "
            "requests a second, 10 control calls a second, a deployment every 5 seconds",
        },
        "--weather": {
            "type": _weather,
            "action": "append",
            "default": [],
            "metavar": "SWITCHES",
            "help": "let things go wrong, such as post-429=20%%,delay=200ms; may be given more "
            f"than once. There is {', '.join(SWITCHES)} (default: fair)",
        },
        "--weather-seed": {
            "type": int,
            "dest": "seed",
            "metavar": "NUMBER",
            "help": "repeat the chance of an earlier run (default: another one each time, printed)",
        },
        "--state": {
            "type": Path,
            "metavar": "FILE",
            "help": "keep APIs, routes and stages in this file across restarts",
        },
    },
    "how much it takes": {
        "--max-connections": {
            "type": _count,
            "default": most_connections(),
            "metavar": "NUMBER",
            "help": "connections of all kinds at a time (default: what `ulimit -n` allows, here "
            "%(default)s)",
        },
        "--max-connections-per-address": {
            "type": _count,
            "default": 5000,
            "metavar": "NUMBER",
            "help": "of these, how many one address may have, unless it is this machine's "
            "(default: %(default)s)",
        },
        "--messages-per-second": {
            "type": _rate,
            "default": 0.0,
            "metavar": "NUMBER",
            "help": "messages one connection may send in the long run, and five seconds' worth at "
            "once: more are refused, and who goes on is closed with 1008; 20 suits production "
            "(default: 0, which is no limit, as on AWS)",
        },
    },
    "what it writes": {
        "--access-log": {
            "type": Path,
            "metavar": "FILE",
            "help": "append a line for each connect, message, disconnect and call of @connections "
            "to this file; it may be moved away and is opened anew (default: standard error)",
        },
        "--access-log-format": {
            "default": JSON_FORMAT,
            "metavar": "FORMAT",
            "help": "'json', or a text with variables as a stage's AccessLogSettings has them, "
            "such as '$context.requestId $context.routeKey $context.status'; for stages without "
            "such settings (default: %(default)s)",
        },
        "--refusal-lines": {
            "choices": [lines.value for lines in RefusalLines],
            "default": RefusalLines.ALL.value,
            "help": "lines for an event that a backend refuses: 'all', which are one with the "
            "reason and one in the access log; 'one', with the reason; 'untold', for a backend in "
            "the same terminal, only where it has not told the reason itself (default: "
            "%(default)s)",
        },
        "--quiet": {"action": "store_true", "help": "write problems only, no line for each event"},
    },
    "how it stops": {
        "--drain-seconds": {
            "type": _duration,
            "default": 1.0,
            "metavar": "SECONDS",
            "help": "window over which stopping spreads the closing of connections, so that not "
            "all clients come back at once; 30 suits production (default: %(default)s)",
        },
        "--until-stdin-closes": {
            "action": "store_true",
            "help": "stop when standard input ends, for a process that starts this one through a "
            "pipe",
        },
    },
}

OPTIONS: Final[Mapping[str, dict[str, Any]]] = {
    name: settings for options in _GROUPS.values() for name, settings in options.items()
}
"""Every option by its name."""
