"""The gateway's own handshake and frames with an echo behind them, for Autobahn|Testsuite.

The suite wants every message back, whatever its kind; API Gateway takes no binary message and sends
none. So the echo stands where the gateway's dispatcher stands, and in the conformance profile a
connection takes binary messages, fragments and sizes without end as well.

    python -m tests.conformance.autobahn.echo conformance|production
"""

import asyncio
import sys
from collections.abc import Coroutine, Sequence

from websockets.frames import Frame, Opcode

from django_aws_api_gateway_websockets.core.closures import Closure
from django_aws_api_gateway_websockets.gateway.connections.connected_client import ConnectedClient
from django_aws_api_gateway_websockets.gateway.connections.connection import Connection
from django_aws_api_gateway_websockets.gateway.connections.incoming_text import IncomingText
from django_aws_api_gateway_websockets.gateway.connections.negotiation import negotiate
from django_aws_api_gateway_websockets.gateway.http.connection import HttpConnection
from django_aws_api_gateway_websockets.gateway.http.messages import HttpRequest, HttpResponse
from django_aws_api_gateway_websockets.gateway.http.occupancy import Occupancy
from django_aws_api_gateway_websockets.gateway.http.patience import HttpTimeouts
from django_aws_api_gateway_websockets.gateway.runtime.clock import Clock
from django_aws_api_gateway_websockets.gateway.runtime.ids import Ids


class Echo:
    """Sends every text message back, where the dispatcher would call a backend."""

    def message_received(self, connection: Connection, text: str) -> None:
        connection.send(text.encode())

    def message_sent(self, connections: Sequence[Connection], payload: bytes) -> None:
        pass

    def connection_closed(self, connection: Connection, closure: Closure) -> None:
        pass


class UnlimitedText(IncomingText):
    """A message of as many pieces as the client likes."""

    __slots__ = ()

    max_fragments = sys.maxsize


class UnlimitedConnection(Connection):
    """A connection that takes what RFC 6455 allows and API Gateway does not."""

    __slots__ = ("_binary_pieces",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._incoming = UnlimitedText()
        self._binary_pieces: list[bytes] | None = None

    def _receive_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self._binary_pieces = []
        if self._binary_pieces is None or frame.opcode not in (Opcode.BINARY, Opcode.CONT):
            super()._receive_frame(frame)
            return
        self._binary_pieces.append(bytes(frame.data))
        if frame.fin:
            self._frames.send_binary(b"".join(self._binary_pieces))
            self._binary_pieces = None


class EchoServer:
    """Answers handshakes only."""

    def __init__(self, profile: str) -> None:
        self.connections: set[HttpConnection] = set()
        self.short_way = None
        self.occupancy = Occupancy(most=10_000, most_per_address=10_000)
        self._is_unlimited = profile == "conformance"
        self._clock, self._ids = Clock(1.0), Ids()

    def refusal_of(self, peer: str) -> HttpResponse | None:
        return None

    def respond(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(404)

    def open_socket(self, request: HttpRequest, http_connection: HttpConnection) -> None:
        limits = {"max_message_bytes": None, "max_frame_bytes": None} if self._is_unlimited else {}
        frames, response = negotiate(request, **limits)
        client = ConnectedClient(
            api_id="autobahn00",
            stage="production",
            domain_name="localhost",
            connection_id=self._ids.connection(),
            connected_at_ms=self._clock.now_ms(),
            source_ip=http_connection.client_host,
            user_agent=None,
        )
        kind = UnlimitedConnection if self._is_unlimited else Connection
        connection = kind(client, frames, Echo(), self._clock)
        transport, early = http_connection.hand_over()
        connection.take_over(transport, response=response.serialize(), early=early)

    def run(self, work: Coroutine[None, None, None]) -> None:
        raise AssertionError("nothing here takes time")


async def main(profile: str) -> None:
    application, timeouts = EchoServer(profile), HttpTimeouts(10.0, 75.0)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HttpConnection(application, timeouts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
