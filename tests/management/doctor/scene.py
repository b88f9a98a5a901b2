"""Things that a test breaks, with the text that a person gets to read."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.management.doctor.conftest import Site


@dataclass
class Scene:
    """A site, and what a test may do to it and to the machine."""

    site: Site
    monkeypatch: pytest.MonkeyPatch
    folder: Path
    undoing: ExitStack

    @property
    def settings(self) -> Any:
        return self.site.settings

    def route(self, urls: object) -> None:
        self.settings.ROOT_URLCONF = urls

    def resolve(self, name: str, port: int | None) -> None:
        """Let the system find a name at a port of this machine, or nowhere."""
        found = socket.getaddrinfo

        def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host != name:
                return found(host, *args, **kwargs)
            if port is None:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return found("127.0.0.1", port, *args[1:], **kwargs)

        self.monkeypatch.setattr(socket, "getaddrinfo", look_up)


@dataclass(frozen=True)
class Breakage:
    """An act that breaks something, with the text that a person gets to read."""

    do: Callable[[Scene], None]
    hop: str
    cause: str
    fix: str
    words: tuple[str, ...] = ()
    """Further words of the command."""
    path: str = "/live-ws/"
    on_aws: bool = True
    is_own: bool = False
    """True when the API in the gateway is changed."""
    sign: str = "✗"
