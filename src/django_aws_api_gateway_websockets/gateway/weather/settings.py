"""The switches of the weather by name, and the forms of their values.

    post-429=20%            a share
    delay=200ms             a time: ms or s
    connects=500/s          a rate
    lose-header=X-Real-Ip   names of headers, with + between them

Each stands for something that API Gateway does, or may do; the docs name it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ...core.errors import WebSocketsError

__all__ = ["SWITCHES", "Kind", "Setting", "WeatherError", "read_settings"]


class Kind(Enum):
    """Form of a switch's value."""

    SHARE = "a share such as 10%"
    TIME = "a time such as 200ms or 2s"
    RATE = "a rate such as 500/s"
    HEADERS = "names of headers such as X-Real-Ip+Cookie"


@dataclass(frozen=True, slots=True)
class Setting:
    """A switch that is on."""

    text: str
    """Value as the user wrote it."""
    number: float = 0.0
    """Share from 0 to 1, seconds, or events in a second."""
    headers: frozenset[str] = frozenset()
    """Lower-case names of headers."""


SWITCHES: Final[Mapping[str, tuple[Kind, str]]] = {
    "drop-disconnect": (Kind.SHARE, "$disconnect is not called: AWS promises its best effort only"),
    "post-410": (Kind.SHARE, "a post is told 410: its connection ended a moment ago"),
    "post-429": (Kind.SHARE, "a post is told 429: the account's rate, or the client's full buffer"),
    "post-5xx": (Kind.SHARE, "a post is told 500, 502, 503 or 504: a fault within AWS"),
    "delay": (Kind.TIME, "backends and posts are reached up to so much later: the network"),
    "reorder": (Kind.SHARE, "two messages of a socket overtake: AWS promises no order"),
    "cut": (Kind.SHARE, "so many sockets a minute break without a close frame: the network"),
    "connects": (Kind.RATE, "more handshakes are told 429: 500 a second is an account's quota"),
    "lose-header": (Kind.HEADERS, "backends do not get a header: an integration without a mapping"),
    "stale-deployment": (
        Kind.TIME,
        "so long after a deployment, events meet the old one and the new one: AWS spreads it",
    ),
    "stall": (Kind.SHARE, "a backend's answer comes too late: the integration's timeout"),
}
"""Every switch with the real event it stands for."""


class WeatherError(WebSocketsError):
    """Error for a switch that does not exist, or has an invalid value."""


def read_settings(pairs: Iterable[tuple[str, str]]) -> dict[str, Setting]:
    """Read settings from names and texts.

    Raises:
        WeatherError: a name or a text is invalid.
    """
    return {name: _read(name, text.strip()) for name, text in pairs}


def _read(name: str, text: str) -> Setting:
    if name not in SWITCHES:
        known = ", ".join(SWITCHES)
        raise WeatherError(f"There is no weather {name!r}: it can be {known}.")
    kind = SWITCHES[name][0]
    try:
        return _READERS[kind](text)
    except ValueError:
        raise WeatherError(f"{name}={text} cannot be: give {kind.value}.") from None


def _share(text: str) -> Setting:
    share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    if not 0 <= share <= 1:
        raise ValueError(text)
    return Setting(text, share)


def _time(text: str) -> Setting:
    number, unit = (text[:-2], 1000) if text.endswith("ms") else (text.removesuffix("s"), 1)
    seconds = float(number) / unit
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise ValueError(text)
    return Setting(text, seconds)


def _rate(text: str) -> Setting:
    rate = float(text.removesuffix("/s"))
    if not 0 <= rate <= _HIGHEST_RATE:
        raise ValueError(text)
    return Setting(text, rate)


def _headers(text: str) -> Setting:
    names = [name.strip().lower() for name in text.split("+")]
    if not all(names):
        raise ValueError(text)
    return Setting(text, headers=frozenset(names))


_LONGEST_SECONDS: Final = 60.0
_HIGHEST_RATE: Final = 1_000_000.0
_READERS: Final[Mapping[Kind, Callable[[str], Setting]]] = {
    Kind.SHARE: _share,
    Kind.TIME: _time,
    Kind.RATE: _rate,
    Kind.HEADERS: _headers,
}
