"""The sockets app; loading it connects the signal receiver."""

from django.apps import AppConfig


class SocketsConfig(AppConfig):
    name = "sockets"

    def ready(self) -> None:
        from sockets import signals  # noqa: F401 - importing it connects the receiver.
