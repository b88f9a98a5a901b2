from tests.gateway.aws import deploy
from tests.gateway.backend import Answer
from tests.gateway.raw import raw_client


async def test_the_log_names_the_backend_but_not_the_query(gateway, backend, caplog):
    api = await deploy(gateway.url, "http://127.0.0.1:9")
    async with raw_client(api.url) as client:
        await client.handshake(f"{api.url}?ws_token=SECRET")

    assert "http://127.0.0.1:9/connect" in caplog.text
    assert "SECRET" not in caplog.text


async def test_the_log_shows_the_start_of_a_refusal(gateway, backend, caplog):
    api = await deploy(gateway.url, backend.url)
    backend.answers("connect", Answer(400, b"Missing headers\n" + b"x" * 1000))
    async with raw_client(api.url) as client:
        response = await client.handshake(api.url)

    assert len(response.body) == 1016
    assert "refused a client with 400: Missing headers\\nxxx" in caplog.text
    assert "x" * 300 not in caplog.text
