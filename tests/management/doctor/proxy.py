"""A reverse proxy, as stands before Django nearly everywhere: it changes Host, and headers."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SECONDS = 20.0


@dataclass
class Proxy:
    """Settings of the proxy, which count for the next request."""

    upstream: str = ""
    keeps_host: bool = True
    """As `proxy_set_header Host $host`; without it, nginx sends the name of its upstream."""
    changes_host_of: str = "-"
    """Beginning of paths for which it does not keep the Host."""
    strips: str = ""
    """Beginning of paths that it takes away."""
    adds: dict[str, str] = field(default_factory=lambda: {"X-Real-Ip": "203.0.113.7"})
    drops: frozenset[str] = frozenset()
    """Lower-case names of headers that do not get through."""
    refuses: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    """Responses by the beginning of a path, in place of what is behind the proxy."""
    refuses_bodies: dict[bytes, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    """The same by a part of the body."""
    url: str = ""
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Path and headers of what has come, by names in lower case."""

    def reset(self, upstream: str) -> None:
        """Stand before this address, and pass everything on as a proxy should."""
        usual = Proxy(upstream, url=self.url)
        vars(self).update(vars(usual))


class Handler(BaseHTTPRequestHandler):
    """Passes on what comes in, as the settings of its server's proxy say."""

    protocol_version = "HTTP/1.1"
    server: "ProxyServer"

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.proxy.seen.append((self.path, headers))
        by_path, by_body = self.server.proxy.refuses, self.server.proxy.refuses_bodies
        refused = [
            *(response for start, response in by_path.items() if self.path.startswith(start)),
            *(response for part, response in by_body.items() if part in body),
        ]
        self.write(*(refused[0] if refused else self.ask(body)))

    # The names are those of the library.
    do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = respond  # noqa: N815

    def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        behind = HTTPConnection(urlsplit(self.server.proxy.upstream).netloc, timeout=SECONDS)
        try:
            path = self.path.removeprefix(self.server.proxy.strips)
            behind.request(self.command, path, body or None, self.sent())
            response = behind.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        except OSError:
            return 502, {"Content-Type": "text/html"}, b"<h1>502 Bad Gateway</h1>"
        finally:
            behind.close()

    def sent(self) -> dict[str, str]:
        proxy = self.server.proxy
        left_out = {"connection", "host"} | proxy.drops
        # As nginx does by default, headers with an underscore do not get through.
        kept = {
            name: value
            for name, value in self.headers.items()
            if "_" not in name and name.lower() not in left_out
        }
        is_kept = proxy.keeps_host and not self.path.startswith(proxy.changes_host_of)
        host = self.headers["Host"] if is_kept else urlsplit(proxy.upstream).netloc
        return {**kept, "Host": host, "Connection": "close", **proxy.adds}

    def write(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        left_out = {"connection", "content-length", "transfer-encoding"}
        for name, value in headers.items():
            if name.lower() not in left_out:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class ProxyServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.proxy = Proxy(url=f"http://127.0.0.1:{self.server_port}")


@contextmanager
def running_proxy(tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy for as long as the context lasts."""
    server = ProxyServer()
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(SECONDS)
