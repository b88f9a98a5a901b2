"""A proxy that tunnels, as those of offices do."""

import asyncio
import threading


class TunnelProxy:
    """Answers CONNECT and then passes bytes to one port of this machine, whatever was asked for."""

    def __init__(self, port, *, status=200, header="Via: test"):
        self.heads = []
        self._target_port = port
        self._status = status
        self._header = header
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()

    def __enter__(self):
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_exception):
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(10)

    def _run(self):
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._done = asyncio.Event()
        self._writers = []
        listener = await asyncio.start_server(self._tunnel, "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        self._started.set()
        await self._done.wait()
        for writer in self._writers:
            writer.transport.abort()
        tunnels = asyncio.all_tasks() - {asyncio.current_task()}
        closed = [writer.wait_closed() for writer in self._writers]
        await asyncio.gather(*tunnels, *closed, return_exceptions=True)
        listener.close()

    async def _tunnel(self, reader, writer):
        self._writers.append(writer)
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if self._status is not None:
            writer.write(f"HTTP/1.1 {self._status} Whatever\r\n{self._header}\r\n\r\n".encode())
        if self._status == 200:
            answers, requests = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._writers.append(requests)
            await asyncio.gather(self._pass_on(reader, requests), self._pass_on(answers, writer))
        writer.close()
        await writer.wait_closed()

    async def _pass_on(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
        finally:
            writer.close()
