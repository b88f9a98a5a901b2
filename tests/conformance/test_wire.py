"""The wire protocol's kit: our client judged by its server, and its two sides by each other."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from tests.client.node import node_command
from tests.conformance.wire.exchanges import Deviation, compare, exchanges
from tests.conformance.wire.play import judge_server, play
from tests.conformance.wire.serve import CONTROL, NAMES, ServersSide, judge_client, stage

ADAPTER = Path(__file__).parent / "wire/adapter.mjs"
BOTH = [row for row in exchanges("server") if row.judges == "both"]
SECONDS = 30


async def test_the_browser_client_says_what_the_table_says():
    async with stage() as one:
        command = [*node_command(), str(ADAPTER), one.url + CONTROL]
        process = await asyncio.create_subprocess_exec(*command)
        verdicts = await asyncio.wait_for(judge_client(one), SECONDS)
        code = await asyncio.wait_for(process.wait(), SECONDS)

    assert [str(one) for one in verdicts if one.problem] == []
    assert len(verdicts) == len(exchanges("client"))
    assert code == 0


@pytest.mark.parametrize("exchange", exchanges("server"), ids=lambda row: row.name)
async def test_the_two_sides_of_an_exchange_agree(exchange):
    """The server of the kit expects what its client sends, and the other way round."""
    async with stage() as one, connect(one.url) as connection:
        side = ServersSide(exchange, one)
        one.do = _nothing
        side._told = side._heard = _nothing
        both = asyncio.gather(side.play(), play(exchange, connection, dict(NAMES)))
        await asyncio.wait_for(both, SECONDS)


async def _nothing(*words):
    pass


async def answering(say):
    """Judge a server that answers each frame with what `say` makes of it."""

    async def converse(connection):
        async for text in connection:
            for frame in say(json.loads(text)):
                await connection.send(json.dumps(frame))

    async with serve(converse, "127.0.0.1", 0, close_timeout=1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        return await judge_server(
            lambda: connect(f"ws://127.0.0.1:{port}"), {"channel": "room-7", "echo": "echo"}
        )


def polite(frame):
    """Answer whatever is asked with yes."""
    channels = frame.get("channels", {})
    if len(channels) > 128 or isinstance(channels, list) is (frame["action"] != "unsubscribe"):
        error = {"code": "too_many_channels", "message": "No."}
        return [{"ws": "reply", "id": frame["id"], "ok": False, "error": error}]
    answers = {name: {"ok": True, "position": None} for name in channels}
    return [{"ws": "reply", "id": frame["id"], "ok": True, "channels": answers, "data": {}}]


async def test_a_server_that_deviates_is_found_and_told_where():
    def without_positions(frame):
        for answer in polite(frame):
            for channel in answer.get("channels", {}):
                answer["channels"][channel] = {"ok": True}
            yield answer

    problems = {}
    for say in (polite, without_positions):
        problems[say] = {one.exchange: one.problem for one in await answering(say) if one.problem}

    assert "a hello subscribes, and the reply has the position, null without history" in set(
        problems[without_positions]
    ) - set(problems[polite])
    [problem] = [text for name, text in problems[without_positions].items() if "null" in name]
    assert problem == "frame.channels.room-7 has no 'position': {'ok': True}"


async def test_an_exchange_that_a_server_has_no_name_for_is_said_not_to_be_played():
    verdicts = await answering(polite)

    missing = {one.exchange: one.missing for one in verdicts if one.problem is None}
    assert missing["a handler that raises is told to the client without its reasons"] == (
        "failing",
    )
    assert "not played" in "\n".join(map(str, verdicts))


@pytest.mark.parametrize(
    ("pattern", "value", "place"),
    [
        ({"ok": True}, {"ok": 1}, "frame.ok"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "frame.a[1]"),
        ({"a": [1]}, {"a": [1, 2]}, "frame.a"),
        ({"id": "$id"}, {"id": 7}, "frame.id"),
        ({"channels": {}}, {"channels": {"room-7": {}}}, "frame.channels"),
    ],
)
def test_a_difference_is_told_by_its_place(pattern, value, place):
    with pytest.raises(Deviation, match=f"^{place.replace('[', chr(92) + '[')} "):
        compare(pattern, value, {}, {})


def test_names_of_exchanges_are_sentences_of_their_own():
    names = Counter(row.name for row in [*exchanges("server"), *exchanges("client")])
    both = {row.name for row in BOTH}

    assert all(count == (2 if name in both else 1) for name, count in names.items())


def test_the_command_judges_from_the_shell():
    command = [sys.executable, "-m", "tests.conformance.wire", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as kit:
        control = kit.stdout.readline().split()[-1]
        node = [*node_command(), str(ADAPTER), control]
        assert subprocess.run(node, check=False, timeout=SECONDS).returncode == 0
        out, _ = kit.communicate(timeout=SECONDS)

    assert kit.returncode == 0, out
    assert len(out.splitlines()) == len(exchanges("client"))
