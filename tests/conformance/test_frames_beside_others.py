"""Streams of frames, legal and not, cut anywhere: ours says what two other implementations say."""

import struct
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from django_aws_api_gateway_websockets.core.quotas import MAX_FRAME_BYTES
from tests.conformance.fuzz.streams import Verdict, of_websockets, of_wsproto, ours

CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
EXAMPLES = 1700

texts = st.one_of(
    st.text(max_size=40).map(str.encode),
    st.binary(max_size=12),
    st.integers(120, 140).map(lambda size: b"x" * size),
)
close_payloads = st.one_of(
    st.just(b""),
    st.tuples(st.integers(0, 5100), st.text(max_size=8)).map(
        lambda pair: struct.pack("!H", pair[0]) + pair[1].encode()
    ),
    st.binary(max_size=4),
)


@st.composite
def frames(draw):
    opcode = draw(
        st.sampled_from([TEXT, TEXT, CONTINUATION, CONTINUATION, PING, PONG, CLOSE, 2, 5])
    )
    payload = draw(close_payloads if opcode == CLOSE else texts)
    fin = draw(st.sampled_from([True, True, False])) if opcode < CLOSE else True
    head = opcode | (0x80 if fin else 0)
    if draw(st.integers(0, 30)) == 0:
        head ^= draw(st.sampled_from([0x10, 0x20, 0x40, 0x80]))
    mask = draw(st.binary(min_size=4, max_size=4))
    is_masked = draw(st.integers(0, 40)) != 0
    body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    size, flag = len(payload), 0x80
    length = bytes([flag | size]) if size < 126 else bytes([flag | 126]) + struct.pack("!H", size)
    if is_masked:
        return bytes([head]) + length + mask + body
    return bytes([head, length[0] & 0x7F]) + length[1:] + payload


@st.composite
def streams(draw):
    """Bytes, and the same bytes cut into pieces."""
    data = b"".join(draw(st.lists(frames(), max_size=6)))
    if data and draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    edges = [0, *cuts, len(data)]
    return data, [data[start:end] for start, end in pairwise(edges)]


def heads(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Of each frame its first byte, its length, and the least its form of length is made for."""
    while len(data) >= 4:
        mask, size, head, least = 4 * (data[1] >> 7), data[1] & 0x7F, 2, 0
        if size >= 126:
            head, least = (4, 126) if size == 126 else (10, 65536)
            size = int.from_bytes(data[2:head], "big")
        yield data[0], size, least
        data = data[head + mask + size :]


def has_shortest_lengths(data: bytes) -> bool:
    """Tell whether every length field is as short as can be."""
    return all(size >= least for _, size, least in heads(data))


def has_giant_control_frame(data: bytes) -> bool:
    """Tell whether a control frame, of 125 bytes at most, claims more than any frame may have."""
    return any(first & 0x08 and size > MAX_FRAME_BYTES for first, size, _ in heads(data))


TWO_FAULTS = {1002, 1007}
"""A close frame with a code that is none and a reason that is none: either may be named."""

MESSAGE_TOO_BIG = 1009

PING_OF_32_KB = b"\x89\xfe\x80\x7e" + bytes(4) + b"x" * 140
NO_TEXT_OF_32_KB = b"\x81\xfe\x80\x7e" + bytes(4) + b"\xff" * 140


@pytest.mark.experiment("E7")
@settings(max_examples=EXAMPLES, deadline=None)
@given(streams())
@example((PING_OF_32_KB, [PING_OF_32_KB]))
@example((NO_TEXT_OF_32_KB, [NO_TEXT_OF_32_KB]))
async def test_one_verdict_wherever_it_is_cut_and_whoever_reads_it(stream):
    data, pieces = stream
    verdict = ours(pieces)

    assert verdict == ours([data])
    expect_that_of_the_library(verdict, of_websockets(pieces))
    # Longer ones are refused by wsproto alone.
    if has_shortest_lengths(data):
        expect_that_of_wsproto(verdict, of_wsproto(pieces), data)


def expect_that_of_wsproto(verdict: Verdict, theirs: Verdict, data: bytes) -> None:
    if verdict.is_waiting and verdict.close_code is None:
        # It judges a frame that is still arriving.
        assert theirs.close_code in (None, 1002, 1003, 1007)
    elif {verdict.close_code, theirs.close_code} == TWO_FAULTS:
        pass
    elif verdict.close_code == MESSAGE_TOO_BIG and theirs.close_code in (None, 1007):
        # The length field alone refuses the frame here; wsproto waits for its payload, and reads
        # what there is of it.
        pass
    elif verdict.close_code == MESSAGE_TOO_BIG and has_giant_control_frame(data):
        # It is too big for a message as well, and the length field is read first.
        assert theirs.close_code == 1002
    else:
        assert verdict.close_code == theirs.close_code
    assert verdict.messages == theirs.messages
    # Pings behind a binary message are still answered, as RFC 6455 allows until the client closes.
    assert verdict.pongs[: len(theirs.pongs)] == theirs.pongs
    assert verdict.pongs == theirs.pongs or verdict.close_code == 1003


def expect_that_of_the_library(verdict: Verdict, theirs: Verdict) -> None:
    """Compare, but for what we mend."""
    if theirs.close_code == 1002 and verdict.close_code != 1002:
        # A close between fragments, and text that is refused before its last fragment.
        assert verdict.close_code is not None
    elif verdict.close_code == 1007 and theirs.close_code is None:
        assert verdict.messages == theirs.messages
    elif verdict.close_code == MESSAGE_TOO_BIG and theirs.close_code is None:
        # As above; without a limit of frames the library waits as well.
        pass
    else:
        assert verdict.close_code == theirs.close_code
    assert verdict.messages == theirs.messages[: len(verdict.messages)]
