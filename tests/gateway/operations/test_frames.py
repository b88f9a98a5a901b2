"""Messages sent by hand through `/_gateway/frames`."""

import asyncio
import json

import pytest
import websockets

from tests.gateway.aws import deploy
from tests.gateway.backend import WAIT, Answer
from tests.gateway.raw import raw_client


async def post(url: str, body: object, *, kind: str = "application/json", method: str = "POST"):
    text = body if isinstance(body, str) else json.dumps(body)
    head = (
        f"{method} /_gateway/frames HTTP/1.1",
        f"Host: {url.removeprefix('http://')}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(text)}",
        "\r\n",
    )
    async with raw_client(url) as client:
        await client.send("\r\n".join(head).encode() + text.encode())
        return await client.response()


@pytest.fixture
async def opened(gateway, backend):
    backend.answers("default", Answer(body=b"the handler"))
    api = await deploy(gateway.url, backend.url, replies=("$default",))
    async with websockets.connect(api.url) as socket:
        [connect] = await backend.wait_for("connect")
        yield socket, gateway.url, connect.values("connectionid")[0]


async def test_a_message_reaches_the_client_alone(opened):
    socket, url, connection = opened

    response = await post(url, {"connection": connection, "direction": "out", "text": "hellö"})

    assert response.status == 200
    assert await asyncio.wait_for(socket.recv(), WAIT) == "hellö"


async def test_a_message_in_the_clients_name_reaches_the_backend(opened, backend):
    socket, url, connection = opened

    await post(url, {"connection": connection, "direction": "in", "text": '{"by": "hand"}'})

    assert await asyncio.wait_for(socket.recv(), WAIT) == "the handler"
    assert backend.on("default")[-1].body == b'{"by": "hand"}'


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        {},
        {"connection": "x", "direction": "up", "text": "y"},
        {"connection": 1, "direction": "in", "text": "y"},
        {"connection": "x", "direction": "in", "text": "y", "more": "z"},
    ],
)
async def test_other_forms_are_refused_in_words(gateway, body):
    response = await post(gateway.url, body)

    assert response.status == 400
    assert "application/json" in json.loads(response.body)["message"]


async def test_a_body_that_a_page_of_another_site_could_send_is_refused(opened):
    _, url, connection = opened

    wish = {"connection": connection, "direction": "out", "text": "x"}

    assert (await post(url, wish, kind="text/plain")).status == 400


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"connection": "gone="}, 404),
        ({"text": "x" * (128 * 1024 + 1)}, 413),
        ({"text": "\ud800"}, 400),
    ],
)
async def test_a_frame_that_cannot_be_sent_is_refused(opened, wish, status):
    _, url, connection = opened

    given = {"connection": connection, "direction": "out", "text": "x"} | wish
    response = await post(url, given)

    assert response.status == status
    assert json.loads(response.body)["message"].endswith(".")


async def test_only_post_sends(gateway):
    assert (await post(gateway.url, {}, method="PUT")).status == 405
