"""The members of DiscussIt's groups: one process on a core of its own, for whichever version.

Takes a plan as JSON on standard input and prints the figures as JSON.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import picows

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.peers.client import BROWSER, PATIENCE_SECONDS, Crowd, Member, in_turns
from benchmarks.processes import family

CSRF = "benchmarkbenchmarkbenchmarkbench"
TEXT = "x" * 150
# Browsers offer an extension; this one nobody knows, since the client cannot decompress.
LIKE_A_BROWSER = {**BROWSER, "Sec-WebSocket-Extensions": "x-none"}
FEWEST_MESSAGES = 100
ATTEMPTS = 100


class Room(Crowd):
    """The members of one group, each with a login and a socket."""

    def __init__(self, plan: dict, size: int) -> None:
        super().__init__(plan)
        self._plan = plan
        self._people = plan["people"]
        self._group = self._people["groups"][str(size)]

    async def come(self, count: int) -> float:
        """Have the first so many members connect; how many did in a second."""
        begun = time.perf_counter()
        await in_turns(self._come_one, self._people["sessions"][:count])
        return count / (time.perf_counter() - begun)

    async def _come_one(self, session: str) -> None:
        cookies = {self._people["session_cookie"]: session, self._people["csrf_cookie"]: CSRF}
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        url = self._url.format(group=self._group)
        if self._plan["needs_token"]:
            url += "&ws_token=" + await fetch_token(self._plan["origin"], cookie)
        _, member = await picows.ws_connect(
            lambda: Member(self),
            url,
            websocket_handshake_timeout=PATIENCE_SECONDS,
            read_buffer_init_size=2048,
            extra_headers={**LIKE_A_BROWSER, "Cookie": cookie, "Origin": self._plan["origin"]},
        )
        self.members.append(member)


async def fetch_token(origin: str, cookie: str) -> str:
    """Ask for a token as the page does: a request to Django with the CSRF token."""
    address = urlsplit(origin)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    lines = [
        "POST /api/ws-token/ HTTP/1.1",
        f"Host: {address.netloc}",
        f"Cookie: {cookie}",
        f"X-CSRFToken: {CSRF}",
        "Content-Length: 0",
        "Connection: close",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
    writer.close()
    return json.loads(answer.partition(b"\r\n\r\n")[2])["token"]


async def talk(room: Room, seconds: float) -> dict[str, float]:
    """Say one thing after the other; the time until the last member has each."""
    size, latencies = len(room.members), []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(latencies) < FEWEST_MESSAGES:
        target, begun = room.received + size, time.perf_counter()
        room.members[0].say(type="text_message", author="user0000", message=TEXT)
        await room.wait(target)
        latencies.append((time.perf_counter() - begun) * 1000)
    return {
        "last_p50_ms": statistics.median(latencies),
        "last_p99_ms": sorted(latencies)[int(len(latencies) * 0.99)],
        "messages": len(latencies),
    }


def memory_mib(pids: list[int]) -> float:
    """Memory of processes and all they started; what several share counts once."""
    kib = 0
    for pid in family(pids):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024


async def measure(plan: dict) -> dict[str, float]:
    """Go through the groups, from the smallest."""
    found: dict[str, float] = {}
    for size in plan["sizes"]:
        room = Room(plan, size)
        before = memory_mib(plan["pids"])
        per_second = await come_at_last(room, size)
        found |= {
            f"{name}_{size}": value for name, value in (await talk(room, plan["seconds"])).items()
        }
        if size == max(plan["sizes"]):
            found["connects_per_second"] = per_second
            found["memory_before_mib"] = before
            found["memory_mib"] = memory_mib(plan["pids"])
        if room.lost:
            found[f"lost_{size}"] = room.lost
        await room.leave()
    return found


async def come_at_last(room: Room, size: int) -> float:
    """Connect; a server that listens may not be ready yet."""
    for attempt in range(ATTEMPTS):
        try:
            return await room.come(size)
        except (picows.WSError, OSError, ValueError) as error:
            if attempt == ATTEMPTS - 1:
                raise AssertionError(f"{size} members could not connect") from error
            for member in room.members:
                member.transport.disconnect()
            room.members.clear()
            await asyncio.sleep(0.2)
    raise AssertionError


if __name__ == "__main__":
    PLAN = json.load(sys.stdin)
    os.sched_setaffinity(0, {PLAN["core"]})
    print(json.dumps(asyncio.run(measure(PLAN))))
