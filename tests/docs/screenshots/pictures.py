"""The list of pictures; a further one is a further line, beside those of the same example."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from tests.docs.screenshots.chat_room import chat_room
from tests.docs.screenshots.discussit import discussit

SESSIONS = "/admin/django_aws_api_gateway_websockets/websocketsession/"
OVERVIEW = "/admin/django_aws_api_gateway_websockets/overview/"

Example = Callable[[Browser], AbstractContextManager[dict[str, Page]]]


@dataclass(frozen=True)
class Picture:
    """One file in docs/images."""

    name: str
    """Of the file, without `.png`."""
    example: Example
    """Runs an example with people in it, and gives their pages."""
    page: str
    """The one of these pages that is shown."""
    scheme: str
    """`light` or `dark`."""
    path: str = ""
    """The path that page goes to before; empty to stay."""
    height: int = 800
    """Of the window; what stands lower is not shown."""


PICTURES = (
    Picture("chat-room-light-desktop", chat_room, "desk", "light"),
    Picture("chat-room-dark-desktop", chat_room, "desk", "dark"),
    Picture("chat-room-light-phone", chat_room, "phone", "light", height=844),
    Picture("chat-room-dark-phone", chat_room, "phone", "dark", height=844),
    Picture("live-page-light-desktop", chat_room, "gateway", "light", height=632),
    Picture("discussit-light-desktop", discussit, "ada", "light", height=520),
    Picture("admin-sessions-light-desktop", discussit, "staff", "light", SESSIONS, height=640),
    Picture("admin-overview-light-desktop", discussit, "staff", "light", OVERVIEW, height=800),
)
