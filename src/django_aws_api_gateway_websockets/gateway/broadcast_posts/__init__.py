"""The short way for the posts of one broadcast, which differ in connection id and signature only.

It spares each of them parser, router and journal, and lets the package's own sender write up to 128
in a row, which its `X-Requests-At-Once` tells it; removing it costs that speed and nothing else:
delete this folder with its tests, its line in `application.py`, and the hook `http/short_way.py`.
`WEBSOCKETS_SWITCHED_OFF=posts-at-once` in the environment leaves it out.
"""

import os

from .posts import BroadcastPosts

__all__ = ["BroadcastPosts", "is_switched_off"]

NAME = "posts-at-once"


def is_switched_off() -> bool:
    """Tell whether the environment leaves the short way out."""
    return NAME in os.environ.get("WEBSOCKETS_SWITCHED_OFF", "").split(",")
