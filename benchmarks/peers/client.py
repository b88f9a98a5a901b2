"""The clients of `compare`: one process on a core of its own, for whichever peer.

Takes a plan as JSON on the command line and prints a line of JSON for each thing measured.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import picows

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.processes import cpu_seconds, memory_kib

CONNECTING_AT_ONCE = 50
ECHOING = 50
TURNS = 21
"""Number of times echoes and plain HTTP are compared."""
TURN_SHARE = 0.2
"""Of the time for anything else: short beside the minutes in which the machine's speed swings."""
IN_FLIGHT = 4
"""Messages to all that are under way together when deliveries are counted."""
TEXT = "x" * 150
PATIENCE_SECONDS = 60
SETTLE_SECONDS = 1.0
MOST_SETTLE_SECONDS = 90
BROWSER = {
    "Cookie": "theme=dark",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
}


class Member(picows.WSListener):
    """One client; tells the crowd about every frame."""

    def __init__(self, crowd: "Crowd") -> None:
        self._crowd = crowd
        self.answer: asyncio.Future[None] | None = None

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is not picows.WSMsgType.TEXT and frame.msg_type != 1:
            if frame.msg_type == picows.WSMsgType.CLOSE:
                self._crowd.lost += 1
            return
        if self.answer is not None:
            self.answer.set_result(None)
            self.answer = None
        self._crowd.note()

    def say(self, **message: str) -> None:
        self.transport.send(picows.WSMsgType.TEXT, json.dumps(message).encode())

    async def ask(self, **message: str) -> None:
        """Say something and wait for the next frame."""
        self.answer = answer = asyncio.get_running_loop().create_future()
        self.say(**message)
        await asyncio.wait_for(answer, PATIENCE_SECONDS)


class Crowd:
    """All clients of a peer."""

    def __init__(self, plan: dict) -> None:
        self._url = plan["url"]
        self._pids = plan["pids"]
        self._headers = {**BROWSER, "Origin": plan["origin"]}
        self.members: list[Member] = []
        self.received = 0
        self.lost = 0
        self._awaited = 0
        self._all_came = asyncio.Event()

    def note(self) -> None:
        self.received += 1
        if self.received >= self._awaited:
            self._all_came.set()

    async def come(self, count: int) -> float:
        """Have that many more connect; how many did in a second."""
        begun = time.perf_counter()

        async def one(_: int) -> None:
            _, member = await picows.ws_connect(
                lambda: Member(self),
                self._url,
                websocket_handshake_timeout=PATIENCE_SECONDS,
                read_buffer_init_size=2048,
                extra_headers=self._headers,
            )
            self.members.append(member)

        await in_turns(one, range(count))
        return count / (time.perf_counter() - begun)

    async def wait(self, count: int) -> None:
        """Until that many frames have come since the start."""
        self._awaited = count
        if self.received < count:
            self._all_came.clear()
            await asyncio.wait_for(self._all_came.wait(), PATIENCE_SECONDS)

    async def leave(self) -> None:
        """Have all go, and wait until the peer is done with it: ours tells Django of each."""
        for member in self.members:
            member.transport.disconnect()
        self.members.clear()
        busy, end = SETTLE_SECONDS, time.perf_counter() + MOST_SETTLE_SECONDS
        while busy > SETTLE_SECONDS / 20 and time.perf_counter() < end:
            before = cpu_seconds(self._pids)
            await asyncio.sleep(SETTLE_SECONDS)
            busy = cpu_seconds(self._pids) - before


async def in_turns(act, things) -> None:
    """Do something with each thing, a few at a time."""
    waiting = iter(things)

    async def work() -> None:
        for thing in waiting:
            await act(thing)

    await asyncio.gather(*(work() for _ in range(CONNECTING_AT_ONCE)))


async def echo(crowd: Crowd, plan: dict) -> dict[str, float]:
    """Every client says something again as soon as it has heard itself; then only one does."""
    speakers = echoers(crowd)
    before = cpu_seconds(plan["pids"][:1])
    latencies = await repeated(speakers, plan["seconds"])
    server = cpu_seconds(plan["pids"][:1]) - before
    alone = await repeated(speakers[:1], plan["seconds"] / 2)
    return {
        "per_second": len(latencies) / plan["seconds"],
        "p50_ms": statistics.median(latencies) * 1000,
        "server_cpu_us": server / len(latencies) * 1e6,
        "alone_p50_ms": statistics.median(alone) * 1000,
    }


def echoers(crowd: Crowd) -> list[Callable[[], Awaitable[None]]]:
    """For some clients, to say something and hear it again."""

    async def say(member: Member) -> None:
        await member.ask(action="echo", text=TEXT)

    return [partial(say, member) for member in crowd.members[:ECHOING]]


async def callers_past_gateway(plan: dict) -> list[Callable[[], Awaitable[None]]]:
    """The recorded calls of echoes, each over plain HTTP and a connection of its own."""
    host, port = plan["backend"].removeprefix("http://").split(":")

    async def caller(call: dict) -> Callable[[], Awaitable[None]]:
        reader, writer = await asyncio.open_connection(host, int(port))
        lines = [f"{name}: {value}" for name, value in call["headers"].items()]
        head = "\r\n".join([f"POST {call['path']} HTTP/1.1", *lines, "", ""])

        async def ask() -> None:
            writer.write((head + call["body"]).encode())
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if " 200 " not in answer.partition("\r\n")[0]:
                raise ValueError(f"Django answered {answer[:60]!r}")
            _, announced, length = answer.partition("content-length: ")
            if announced:
                await reader.readexactly(int(length.split()[0]))
            else:
                await reader.readuntil(b"0\r\n\r\n")

        return ask

    recorded = Path(plan["recorded"]).read_text().splitlines()
    return [await caller(json.loads(line)) for line in recorded]


async def plain(plan: dict) -> dict[str, float]:
    """The calls of the echoes once more, over plain HTTP and past the gateway."""
    callers = await callers_past_gateway(plan)
    latencies = await repeated(callers, plan["seconds"])
    alone = await repeated(callers[:1], plan["seconds"] / 2)
    return {
        "per_second": len(latencies) / plan["seconds"],
        "p50_ms": statistics.median(latencies) * 1000,
        "alone_p50_ms": statistics.median(alone) * 1000,
    }


async def beside_plain(crowd: Crowd, plan: dict) -> dict[str, float]:
    """Compare echoes with plain HTTP: both in turn, as the machine's speed swings."""
    speakers, callers = echoers(crowd), await callers_past_gateway(plan)
    turn_seconds = plan["seconds"] * TURN_SHARE
    shares = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        # First: until a new connection has asked for something, it keeps a thread of gunicorn busy.
        answers = len(await repeated(callers, turn_seconds))
        turned = time.perf_counter()
        echoes = len(await repeated(speakers, turn_seconds))
        # A request that is under way when a turn ends belongs to it, and takes its time.
        ended = time.perf_counter()
        shares.append((echoes / (ended - turned)) / (answers / (turned - begun)))
    return {"share": statistics.median(shares)}


async def repeated(acts: list[Callable[[], Awaitable[None]]], seconds: float) -> list[float]:
    """Do each thing again and again, all at the same time; how many seconds each time took."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    async def repeat(act: Callable[[], Awaitable[None]]) -> None:
        while (begun := time.perf_counter()) < end:
            await act()
            latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*(repeat(act) for act in acts))
    return latencies


async def room(crowd: Crowd, name: str, plan: dict) -> dict[str, float]:
    """Messages to all: one at a time, and several under way."""
    await in_turns(lambda member: member.ask(action="join_room", room=name), crowd.members)
    speaker, size = crowd.members[0], len(crowd.members)
    latencies: list[float] = []
    end = time.perf_counter() + plan["seconds"]
    while time.perf_counter() < end or not latencies:
        target, begun = crowd.received + size, time.perf_counter()
        speaker.say(action="say", room=name, text=TEXT)
        await crowd.wait(target)
        latencies.append((time.perf_counter() - begun) * 1000)
    first, cpu, begun = crowd.received, cpu_seconds(plan["pids"]), time.perf_counter()
    end, said = begun + plan["seconds"], 0
    while time.perf_counter() < end:
        while said * size < crowd.received - first + IN_FLIGHT * size:
            crowd.members[said % size].say(action="say", room=name, text=TEXT)
            said += 1
        await crowd.wait(crowd.received + size)
    deliveries, passed = crowd.received - first, time.perf_counter() - begun
    cpu = cpu_seconds(plan["pids"]) - cpu
    await crowd.wait(first + said * size)
    return {
        "deliveries_per_second": deliveries / passed,
        "cpu_us_per_delivery": cpu / deliveries * 1e6,
        "last_p50_ms": statistics.median(latencies),
        "last_p99_ms": sorted(latencies)[int(len(latencies) * 0.99)],
        "messages": len(latencies),
    }


async def idle(crowd: Crowd, count: int, plan: dict) -> dict[str, float]:
    """Memory of the peer with nobody, and with that many who say nothing."""
    await crowd.come(CONNECTING_AT_ONCE)
    before = memory_kib(plan["pids"])
    await crowd.come(count)
    await asyncio.sleep(SETTLE_SECONDS)
    after = memory_kib(plan["pids"])
    return {
        "connections": count,
        "kib_each": (sum(after.values()) - sum(before.values())) / count,
        "kib_each_in_server": max(after[pid] - before.get(pid, 0) for pid in after) / count,
    }


async def measure(plan: dict) -> None:
    """Everything in the plan; what fails is said, and the next thing tried."""

    async def attempt(name: str, work) -> None:
        try:
            result = await work
        except Exception as error:  # noqa: BLE001 - a peer's failure is a result.
            result = {"failed": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps({name: result}), flush=True)

    async def connects() -> dict[str, float]:
        return {"per_second": await crowd.come(plan["connects"])}

    # First of all, while no memory is left over that could be used again.
    crowd = Crowd(plan)
    await attempt("idle", idle(crowd, plan["idle"], plan))
    await crowd.leave()
    crowd = Crowd(plan)
    await attempt("connect", connects())
    await attempt("echo", echo(crowd, plan))
    if plan["recorded"]:
        await attempt("plain HTTP", plain(plan))
        await attempt("echo beside plain HTTP", beside_plain(crowd, plan))
    await crowd.leave()
    for size in plan["rooms"]:
        crowd = Crowd(plan)

        async def fill_and_measure(crowd: Crowd = crowd, size: int = size) -> dict[str, float]:
            await crowd.come(size)
            return await room(crowd, f"room-{size}", plan)

        await attempt(f"room {size}", fill_and_measure())
        await crowd.leave()


if __name__ == "__main__":
    PLAN = json.loads(sys.argv[1])
    os.sched_setaffinity(0, {PLAN["core"]})
    asyncio.run(measure(PLAN))
