import websockets

from tests.gateway.aws import deploy
from tests.gateway.backend import Answer


async def test_an_echo_travels_through_gateway_and_backend(gateway, backend):
    async def echo(request):
        return Answer(body=request.body)

    backend.answer = echo
    api = await deploy(gateway.url, backend.url, replies=("$default",))

    async with websockets.connect(api.url) as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
    await backend.wait_for("disconnect")
    assert [request.route for request in backend.received] == ["connect", "default", "disconnect"]
