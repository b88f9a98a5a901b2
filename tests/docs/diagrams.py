"""The pictures of the page on architecture, in colours for light and for dark pages.

    python -m tests.docs.diagrams

writes them. A test compares them with what this file draws, and the one of the tables is drawn
from the models themselves.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.docs.pages import DOCS

IMAGES = DOCS / "images"
SVG = "http://www.w3.org/2000/svg"
APP = "django_aws_api_gateway_websockets"


@dataclass(frozen=True)
class Palette:
    """The colours of a picture."""

    ink: str
    line: str
    ours: str
    theirs: str
    frame: str


PALETTES = {
    "light": Palette("#1f2328", "#57606a", "#dbeafe", "#fef3c7", "#f6f8fa"),
    "dark": Palette("#e6edf3", "#9198a1", "#1e3a5f", "#4d3a10", "#1b1f24"),
}


@dataclass(frozen=True)
class Box:
    """A part: its place, its name, and what stands below the name."""

    x: int
    y: int
    width: int
    height: int
    name: str
    lines: tuple[str, ...] = ()
    kind: str = "ours"
    """Colour of the palette: of this package, of somebody else, or a frame around others."""


@dataclass(frozen=True)
class Arrow:
    """A way along points, with words beside it."""

    points: tuple[tuple[int, int], ...]
    words: str = ""
    at: tuple[int, int] = (0, 0)
    has_head: bool = True


@dataclass(frozen=True)
class Picture:
    """Boxes and arrows, and what they show in a sentence."""

    width: int
    height: int
    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    def draw(self, palette: Palette) -> str:
        """Return the picture as SVG."""
        size = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}"'
        head = 'id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        lines = [
            f'<svg xmlns="{SVG}" {size} role="img" font-family="system-ui, sans-serif">',
            f"<title>{escape(self.title)}</title>",
            f'<marker {head} orient="auto">',
            f'<path d="M0 0 8 4 0 8z" fill="{palette.line}"/></marker>',
            *(line for box in self.boxes for line in _box(box, palette)),
            *(line for arrow in self.arrows for line in _arrow(arrow, palette)),
            "</svg>\n",
        ]
        return "\n".join(lines)


def _box(box: Box, palette: Palette) -> Iterator[str]:
    fill = getattr(palette, box.kind)
    yield (
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8" '
        f'fill="{fill}" stroke="{palette.line}"/>'
    )
    if box.kind == "frame":
        yield _text(box.x + 12, box.y + box.height - 10, box.name, palette.ink, 12, "bold", "start")
        return
    middle = box.x + box.width // 2
    top = box.y + (box.height - 17 * len(box.lines)) // 2 + 5
    yield _text(middle, top, box.name, palette.ink, 12 if len(box.name) > 22 else 14, "bold")
    for number, line in enumerate(box.lines, start=1):
        yield _text(middle, top + 17 * number, line, palette.ink, 12)


def _arrow(arrow: Arrow, palette: Palette) -> Iterator[str]:
    points = " ".join(f"{x},{y}" for x, y in arrow.points)
    head = ' marker-end="url(#head)"' if arrow.has_head else ""
    yield (
        f'<polyline points="{points}" fill="none" stroke="{palette.line}" '
        f'stroke-width="1.5"{head}/>'
    )
    if arrow.words:
        yield _text(*arrow.at, arrow.words, palette.ink, 12, anchor="start")


def _text(
    x: int,
    y: int,
    text: str,
    colour: str,
    size: int,
    weight: str = "normal",
    anchor: str = "middle",
) -> str:
    return (
        f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )


PARTS = Picture(
    760,
    470,
    "Sockets end at API Gateway, which calls Django; Django posts to API Gateway.",
    (
        Box(20, 20, 200, 64, "Browser, app", ("browser client, or your own",), "theirs"),
        Box(470, 20, 270, 64, "API Gateway", ("on AWS, or local on your machine",), "theirs"),
        Box(20, 160, 720, 212, "Django, in any number of workers", kind="frame"),
        Box(40, 200, 160, 64, "Pages", ("templates, token view",), "theirs"),
        Box(230, 200, 160, 64, "Receiving", ("WebSocketView",)),
        Box(230, 284, 160, 56, "Your handlers", kind="theirs"),
        Box(420, 284, 140, 56, "Channels", ("rules, presence",)),
        Box(590, 200, 130, 140, "Sending", ("one message", "broadcasts", "posts, signed")),
        Box(230, 400, 330, 56, "Database", ("who is connected, where, and may what",), "theirs"),
        Box(580, 400, 160, 56, "Relay, workers", ("manage.py …",)),
    ),
    (
        Arrow(((220, 52), (468, 52)), "wss: frames both ways", (284, 44)),
        Arrow(((120, 84), (120, 198)), "https: page, token", (128, 130)),
        Arrow(((510, 84), (510, 120), (310, 120), (310, 198)), "POST for each event", (330, 112)),
        Arrow(((655, 198), (655, 86)), "POST to @connections", (508, 140)),
        Arrow(((310, 264), (310, 282))),
        Arrow(((390, 312), (418, 312))),
        Arrow(((560, 312), (588, 312))),
        Arrow(((310, 340), (310, 398))),
        Arrow(((490, 340), (490, 398))),
        Arrow(((655, 398), (655, 342))),
        Arrow(((580, 428), (562, 428))),
    ),
)

CONNECT = Picture(
    760,
    430,
    "A page fetches a token, connects with it, and says hello.",
    (
        Box(20, 10, 160, 44, "Page", kind="theirs"),
        Box(300, 10, 160, 44, "API Gateway", kind="theirs"),
        Box(580, 10, 160, 44, "Django"),
    ),
    (
        *(Arrow(((x, 54), (x, 420)), has_head=False) for x in (100, 380, 660)),
        Arrow(((100, 90), (658, 90)), "POST, with cookie and CSRF token", (112, 82)),
        Arrow(((660, 120), (102, 120)), "a token: one use, one minute, this login", (112, 112)),
        Arrow(((100, 165), (378, 165)), "handshake: ?channel=, ?ws_token=", (112, 157)),
        Arrow(((380, 195), (658, 195)), "POST …/connect, secret, address", (392, 187)),
        Arrow(((660, 225), (382, 225)), "200: a session is stored", (392, 217)),
        Arrow(((380, 255), (102, 255)), "101: the socket is open", (112, 247)),
        Arrow(((100, 300), (378, 300)), "hello: channels", (112, 292)),
        Arrow(((380, 330), (658, 330)), "POST …/default", (392, 322)),
        Arrow(((660, 360), (382, 360)), "POST to @connections", (392, 352)),
        Arrow(((380, 390), (102, 390)), "reply: who is there", (112, 382)),
    ),
)


TABLES = {
    # In the order of the picture: row by row, three in each.
    "ApiGateway": "an API, as it should be in AWS",
    "ApiGatewayAdditionalRoute": "a route of its own",
    "ChannelPermission": "who may be in a channel",
    "WebSocketSession": "a connection",
    "Subscription": "a further channel of it",
    "ChannelPermissionRule": "permissions, all needed",
    "WebSocketToken": "opens one connection",
    "ConnectionRateLimit": "an attempt, to read",
    "AttemptWindow": "attempts, to count",
    "QueuedBroadcast": "a message for workers",
    "BroadcastRange": "1,000 of its recipients",
    "RelayTask": "who does what, until when",
    "ChannelState": "what a channel was told",
    "ChannelMember": "who was announced",
    "User": "of your project",
}
_COLUMNS, _WIDTH, _HEIGHT, _GAP = (20, 275, 530), 210, 58, 32


def tables() -> Picture:
    """Draw the tables, with an arrow from each to those it refers to."""
    places = {
        name: Box(
            _COLUMNS[number % 3],
            20 + (number // 3) * (_HEIGHT + _GAP),
            _WIDTH,
            _HEIGHT,
            name,
            (words,),
            "theirs" if name == "User" else "ours",
        )
        for number, (name, words) in enumerate(TABLES.items())
    }
    height = 20 + 5 * (_HEIGHT + _GAP)
    title = "The tables of the package, and which of them refer to which."
    arrows = tuple(_way(places[one], places[other]) for one, other in sorted(references()))
    return Picture(760, height, title, tuple(places.values()), arrows)


def references() -> set[tuple[str, str]]:
    """Find which tables refer to which, but for those that refer to users."""
    from django.apps import apps

    return {
        (model.__name__, field.related_model.__name__)
        for model in apps.get_app_config(APP).get_models()
        for field in model._meta.get_fields()
        if field.many_to_one and field.related_model.__name__ in TABLES
        if field.related_model.__name__ != "User"
    }


def _way(one: Box, other: Box) -> Arrow:
    if one.y == other.y:
        y = one.y + _HEIGHT // 2
        return Arrow(((one.x, y), (other.x + _WIDTH + 2, y)))
    x = one.x + _WIDTH // 2
    return Arrow(((x, one.y), (x, other.y + _HEIGHT + 2)))


def pictures() -> dict[str, str]:
    """Every file with its text."""
    drawn = {"parts": PARTS, "connect": CONNECT, "tables": tables()}
    return {
        f"architecture-{name}-{shade}.svg": picture.draw(palette)
        for name, picture in drawn.items()
        for shade, palette in PALETTES.items()
    }


def write(files: Iterable[tuple[str, str]]) -> None:
    for name, text in files:
        (IMAGES / name).write_text(text)
        print(f"docs/images/{name}")


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.project.settings")
    django.setup()
    write(pictures().items())
