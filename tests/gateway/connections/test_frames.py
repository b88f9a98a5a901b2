from websockets.protocol import State

from django_aws_api_gateway_websockets.gateway.connections.frames import SLICE_FRAMES, Frames
from tests.gateway.raw import TEXT, frame_bytes


def sizes_in_slices(frames, data):
    """The sizes of what is parsed at a time, slice by slice."""
    slices = []
    while data or frames.has_more:
        slices.append([])
        frames.feed(data, lambda frame: slices[-1].append(len(frame.data)))
        data = b""
    return slices


def test_a_packet_of_small_frames_is_parsed_in_slices():
    frames = Frames(state=State.OPEN)

    slices = sizes_in_slices(frames, frame_bytes(TEXT, b"x") * (SLICE_FRAMES * 2 + 3))

    assert [len(taken) for taken in slices] == [SLICE_FRAMES, SLICE_FRAMES, 3]


def test_large_frames_count_for_several():
    frames = Frames(state=State.OPEN)

    slices = sizes_in_slices(frames, frame_bytes(TEXT, b"x" * 32 * 1024) * 4)

    assert slices == [[32 * 1024] * 2] * 2


def test_bytes_kept_are_parsed_with_the_next_slice():
    frames = Frames(state=State.OPEN)
    frames.keep(frame_bytes(TEXT, b"first"))
    assert frames.has_more

    assert sizes_in_slices(frames, frame_bytes(TEXT, b"second")) == [[5, 6]]


def test_a_frame_that_is_not_whole_waits_for_the_client_and_not_for_a_slice():
    frames = Frames(state=State.OPEN)
    frame = frame_bytes(TEXT, b"hello")

    assert sizes_in_slices(frames, frame[:4]) == [[]]
    assert sizes_in_slices(frames, frame[4:]) == [[5]]


def test_the_end_is_heard_though_something_is_left():
    frames = Frames(state=State.OPEN)
    frames.feed(frame_bytes(TEXT, b"x") * (SLICE_FRAMES + 1), lambda frame: None)

    frames.receive_eof()

    assert frames.state is State.CLOSED
