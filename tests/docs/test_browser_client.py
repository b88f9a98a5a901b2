"""The pages on the browser client and the wire protocol name what there is, and nothing else."""

import json
import re

import pytest

from tests.conformance.wire.exchanges import exchanges
from tests.docs.pages import DOCS, ROOT, blocks, documented, prose

TYPES = (ROOT / "client/websockets.d.ts").read_text()
PAGE = prose(DOCS / "reference/browser-client.md")
PROTOCOL = prose(DOCS / "reference/wire-protocol.md")
SOURCE = "\n".join(path.read_text() for path in (ROOT / "client/src").glob("*.js"))

STEPS = [
    step for judging in ("client", "server") for row in exchanges(judging) for step in row.steps
]
FROM_CLIENT = [step["client"] for step in STEPS if "client" in step]
FROM_SERVER = [step["server"] for step in STEPS if "server" in step]


def members(declaration: str) -> set[str]:
    """Return the names in an interface or a class of the types."""
    _, _, below = TYPES.partition(f"{declaration} {{\n" if "{" not in declaration else declaration)
    body = below.partition("\n}")[0]
    return set(re.findall(r"^  (?:readonly )?(\w+)(?:<[^>]*>)?[?(:]", body, re.M)) - {
        "data",
        "options",
    }


def exported() -> set[str]:
    return set(re.findall(r"^export (?:class|function|const) (\w+)", TYPES, re.M))


def frames() -> set[str]:
    """Return the kinds of frames in the table of exchanges."""
    ours = {frame["action"] for frame in FROM_CLIENT} & {
        "hello",
        "subscribe",
        "unsubscribe",
        "publish",
    }
    return ours | {frame["ws"] for frame in FROM_SERVER if " " not in frame.get("ws", " ")}


def test_each_export_of_the_client_has_a_heading():
    assert set(documented("browser-client")) == exported()


@pytest.mark.parametrize(
    "declaration",
    [
        "interface Options",
        "interface ChannelEvents",
        "interface SocketEvents",
        "class Socket extends Emitter<SocketEvents>",
        "class Channel extends Emitter<ChannelEvents>",
    ],
)
def test_each_member_is_in_a_table(declaration):
    names = members(declaration)

    assert names
    for name in names - {"constructor"}:
        assert re.search(rf"^\| `{name}[`(]", PAGE, re.M), name


def test_each_state_and_each_reason_of_the_client_is_explained():
    states = re.findall(r'tell\("(\w+)"', SOURCE)
    reasons = re.findall(
        r'(?:lose\(socket|stop|wait|tell\("waiting"|refusal)[,(] ?"([^"]+)"', SOURCE
    )

    assert {"open", "stopped", "waiting"} < set(states)
    assert {"lost", "closed", "silent", "hidden", "unreachable"} < set(reasons)
    for word in {*states, *reasons}:
        assert f"| `{word}` |" in PAGE, word


def test_each_frame_has_a_heading():
    assert set(documented("wire-protocol")) == frames()


def test_each_code_is_explained():
    told = re.findall(r'"code": "(\w+)"', str(FROM_SERVER).replace("'", '"'))

    assert set(told) > {"forbidden", "bad_frame"}
    for code in told:
        assert f"| `{code}` |" in PROTOCOL, code
    own = set(re.findall(r'failure\("(\w+)"|code: "(\w+)"', SOURCE))
    for code in {name for pair in own for name in pair if name}:
        assert f"| `{code}` |" in PAGE, code


def test_the_frames_of_the_page_are_json():
    on_page = list(blocks(DOCS / "reference/wire-protocol.md"))
    read = [json.loads(block.code) for block in on_page]

    assert all("ws" in frame or {"action", "id"} <= set(frame) for frame in read)
    assert len(read) == len(frames()) + len(["a request"])
