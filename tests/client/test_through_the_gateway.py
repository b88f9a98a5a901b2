"""The browser client through the local gateway, whose limits of age end its connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.client.node import node_command
from tests.gateway.aws import DeployedApi, deploy
from tests.gateway.backend import Answer, Backend, Received, running_backend
from tests.gateway.processes import gateway_process

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parent / "counter.mjs"
SPEED = 1200
"""Two hours in six seconds."""
LIVES = 5
SECONDS = 60


class Counter:
    """A backend in Django's place: answers hellos by route response, publishes to subscribers."""

    def __init__(self) -> None:
        self.subscribed: list[str] = []
        self.hellos: list[dict[str, Any]] = []
        self.last = 0

    async def answer(self, request: Received) -> Answer:
        if request.route != "default":
            return Answer()
        frame = json.loads(request.body)
        if frame["action"] == "hello":
            self.hellos.append(frame)
            self.subscribed += request.values("connectionId")
        channels = {name: {"ok": True, "position": None} for name in frame["channels"]}
        reply = {"ws": "reply", "id": frame["id"], "ok": True, "channels": channels}
        return Answer(body=json.dumps(reply).encode())

    async def publish(self, management: Any) -> None:
        self.last += 1
        frame = {"ws": "message", "channel": "counter", "data": self.last}
        await asyncio.gather(
            *(
                asyncio.to_thread(self._post, management, connection_id, frame)
                for connection_id in self.subscribed
            )
        )

    def _post(self, management: Any, connection_id: str, frame: dict[str, Any]) -> None:
        try:
            management.post_to_connection(
                ConnectionId=connection_id, Data=json.dumps(frame).encode()
            )
        except management.exceptions.GoneException:
            self.subscribed.remove(connection_id)


class PageProcess:
    """The page as a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.states: list[dict[str, Any]] = []

    async def is_in(self, state: str) -> dict[str, Any]:
        while True:
            line = json.loads(await asyncio.wait_for(self._process.stdout.readline(), SECONDS))
            self.states.append(line)
            if line.get("state") == state:
                return line

    async def end_after(self, last: int) -> list[int]:
        """Return all numbers it has heard, once it has heard the last one."""
        said = self._process.communicate(str(last).encode())
        out, _ = await asyncio.wait_for(said, SECONDS)
        *states, last = [json.loads(line) for line in out.splitlines()]
        self.states += states
        return last["heard"]


@asynccontextmanager
async def page(api: DeployedApi) -> AsyncIterator[PageProcess]:
    pipe = asyncio.subprocess.PIPE
    command = [*node_command(), str(PAGE), api.url, str(SPEED)]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        yield PageProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def counting(*arguments: str) -> AsyncIterator[tuple[Counter, DeployedApi, Backend]]:
    counter = Counter()
    with gateway_process("--quiet", *arguments) as gateway:
        async with running_backend() as backend:
            backend.answer = counter.answer
            yield counter, await deploy(gateway.url, backend.url, replies=("$default",)), backend


async def test_a_counter_goes_on_through_five_lives_of_two_hours(note_figures):
    async with (
        counting("--clock-speed", str(SPEED)) as (counter, api, _),
        page(api) as visitor,
    ):
        management = api.management
        await visitor.is_in("open")
        while len(counter.hellos) <= LIVES:
            await counter.publish(management)
            await asyncio.sleep(0.02)
        for _ in range(10):
            await counter.publish(management)
        heard = await visitor.end_after(counter.last)

    note_figures(f"browser client, {LIVES} lives: {counter.last} messages, each heard once")
    assert sorted(heard) == list(range(1, counter.last + 1))
    assert [line["state"] for line in visitor.states] == ["open"]
    assert len({hello["client"] for hello in counter.hellos}) == 1


async def test_a_page_whose_connection_django_has_closed_stays_away():
    async with counting() as (counter, api, backend), page(api) as visitor:
        await visitor.is_in("open")
        [connection_id] = counter.subscribed
        await asyncio.to_thread(api.management.delete_connection, ConnectionId=connection_id)
        state = await visitor.is_in("stopped")

    assert state == {"state": "stopped", "reason": "closed"}
    assert len(backend.on("connect")) == 1


async def test_a_refused_handshake_is_tried_again():
    async with running_backend() as backend:
        counter, is_refusing = Counter(), True

        async def answer(request: Received) -> Answer:
            if request.route == "connect" and is_refusing:
                return Answer(status=503)
            return await counter.answer(request)

        backend.answer = answer
        with gateway_process("--quiet") as gateway:
            api = await deploy(gateway.url, backend.url, replies=("$default",))
            async with page(api) as visitor:
                assert (await visitor.is_in("waiting"))["reason"] == "refused"
                is_refusing = False
                await visitor.is_in("open")
