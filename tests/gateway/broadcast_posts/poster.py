"""Somebody who posts to one API over one connection, and the clients it posts to."""

import re
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import websockets

from tests.gateway.signing import signed

BODY = b'{"text": "hello"}'


class Poster:
    """Posts to one API over one connection, as the package's own engine writes requests."""

    def __init__(self, api, client):
        self.client = client
        self._host = urlsplit(api.gateway_url).netloc
        self._path = f"{urlsplit(api.management_url).path}/@connections/"
        self.moment = datetime.now(tz=UTC)

    def request(self, connection_id, body=BODY, **changes):
        path = self._path + connection_id.replace("=", "%3D")
        options = {"method": "POST", "body": body, "moment": self.moment} | changes
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + signed(path, self._host, **options).encode() + b"\r\n" + body

    async def send(self, request):
        await self.client.send(request)
        return await self.client.response()

    async def post(self, connection_id, body=BODY, **changes):
        return await self.send(self.request(connection_id, body, **changes))

    async def begin(self, connection_id):
        """Post twice: a body that comes a second time begins a series."""
        for _ in range(2):
            answer = await self.post(connection_id)
            assert answer.status == 200
        return answer


@asynccontextmanager
async def crowd(api, *, compressed=(False, False, False)):
    """Clients by their connection ids, in the order they came."""
    async with AsyncExitStack() as stack:
        clients = {}
        for is_compressed in compressed:
            compression = "deflate" if is_compressed else None
            client = await stack.enter_async_context(
                websockets.connect(api.url, compression=compression)
            )
            await client.send("who am I?")
            frame = await client.recv()
            clients[re.search(r'"connectionId":"([^"]+)"', frame)[1]] = client
        yield clients
