"""The wire protocol judged from both sides; README.md says how a client or a server takes part.

    python -m tests.conformance.wire serve [--port 0]
    python -m tests.conformance.wire play ws://... --channel room-7 [--header "Cookie: ..."]

The exit code is 1 if anything deviates.
"""

import argparse
import asyncio
import functools
import json
import sys
import urllib.request

from websockets.asyncio.client import ClientConnection, connect

from .exchanges import Verdict
from .play import judge_server
from .serve import CONTROL, judge_client, stage

NAMES = (
    "forbidden",
    "unknown",
    "read_only",
    "presence",
    "echo",
    "failing",
    "unknown_action",
    "many",
)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.wire")
    commands = parser.add_subparsers(dest="command", required=True)
    server = commands.add_parser("serve", help="be the server, and judge a client")
    server.add_argument("--port", type=int, default=0)
    client = commands.add_parser("play", help="be the client, and judge a server")
    client.add_argument("url")
    client.add_argument("--channel", required=True, help="one the user may subscribe to")
    client.add_argument("--publish", action="store_true", help="the user may publish to it")
    for name in NAMES:
        client.add_argument(f"--{name.replace('_', '-')}", metavar="NAME")
    client.add_argument("--selection-key", default="action")
    client.add_argument("--token-url", help="where a token is fetched by POST for each connection")
    client.add_argument("--token-parameter", default="ws_token")
    client.add_argument("--header", action="append", default=[], help='"Name: value", for both')
    return parser.parse_args()


async def open_connection(arguments: argparse.Namespace) -> ClientConnection:
    """Open a connection to the server under judgement, with a fresh token if it wants one."""
    url = arguments.url
    headers = dict(line.split(": ", 1) for line in arguments.header)
    if arguments.token_url:
        request = urllib.request.Request(
            arguments.token_url, method="POST", headers=headers, data=b""
        )
        answer = await asyncio.to_thread(urllib.request.urlopen, request)
        token = json.loads(answer.read())["token"]
        url += f"{'&' if '?' in url else '?'}{arguments.token_parameter}={token}"
    return await connect(url, additional_headers=headers)


async def _play(arguments: argparse.Namespace) -> list[Verdict]:
    names = {name: getattr(arguments, name) or "" for name in ("channel", *NAMES)}
    names["publish"] = "yes" if arguments.publish else ""
    return await judge_server(
        functools.partial(open_connection, arguments),
        names,
        selection_key=arguments.selection_key,
    )


async def _serve(arguments: argparse.Namespace) -> list[Verdict]:
    async with stage(arguments.port) as one:
        print(f"Waiting for an adapter at {one.url}{CONTROL}", flush=True)
        return await judge_client(one)


def main() -> int:
    """Judge, print a line for each exchange, and return the exit code."""
    arguments = _arguments()
    judging = _play if arguments.command == "play" else _serve
    verdicts = asyncio.run(judging(arguments))
    for verdict in verdicts:
        print(verdict)
    return any(verdict.problem for verdict in verdicts)


if __name__ == "__main__":
    sys.exit(main())
