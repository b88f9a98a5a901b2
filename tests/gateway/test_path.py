"""The folders that an event passes on its way through a gateway in fair weather."""

import asyncio
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import websockets

import django_aws_api_gateway_websockets.gateway as package
from django_aws_api_gateway_websockets.gateway.weather.settings import read_settings
from tests.gateway.aws import deploy
from tests.gateway.backend import Answer

ROOT = Path(package.__file__).parent
FOR_PEOPLE = {"operations", "weather"}


@contextmanager
def traced():
    """Functions of the gateway that run in this thread, as `file function`, in the order begun."""
    begun = []

    def note(frame, event, _):
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT):
            begun.append(f"{path.relative_to(ROOT)} {frame.f_code.co_name}")

    sys.setprofile(note)
    try:
        yield begun
    finally:
        sys.setprofile(None)


@pytest.fixture
async def api(gateway, backend):
    backend.answers("default", Answer(body=b"an answer"))
    return await deploy(gateway.url, backend.url, replies=("$default",))


def folders_of(begun):
    return {one.partition("/")[0] for one in begun if "/" in one}


async def test_a_connect_a_message_and_a_post_pass_no_folder_for_people(api, backend):
    with traced() as begun:
        async with websockets.connect(api.url) as socket:
            await socket.send("hello")
            assert await socket.recv() == "an answer"
            connection_id = backend.on("connect")[0].values("connectionId")[0]
            await asyncio.to_thread(
                api.management.post_to_connection, ConnectionId=connection_id, Data=b"posted"
            )
            assert await socket.recv() == "posted"

    assert {"events", "connections", "integrations", "journal", "http"} <= folders_of(begun)
    assert not folders_of(begun) & FOR_PEOPLE


async def test_bad_weather_stands_in_the_way_once_it_is_asked_for(gateway, api):
    gateway._weather.set(read_settings([("post-410", "0%")]))
    with traced() as begun:
        async with websockets.connect(api.url) as socket:
            await socket.send("hello")
            assert await socket.recv() == "an answer"

    assert folders_of(begun) & FOR_PEOPLE == {"weather"}
