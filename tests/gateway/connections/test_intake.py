from websockets.protocol import State

from django_aws_api_gateway_websockets.gateway.connections.frames import SLICE_FRAMES, Frames
from django_aws_api_gateway_websockets.gateway.connections.intake import (
    LATE_PAUSE_SECONDS,
    MAX_FRAMES_TOO_LATE,
    Intake,
)
from tests.gateway.loop_time import move_loop_time, stop_loop_time, turns_of_loop
from tests.gateway.raw import TEXT, frame_bytes


def intake_with(waiting=b""):
    frames = Frames(state=State.OPEN)
    if waiting:
        frames.keep(waiting)
    return Intake(frames)


def test_reading_waits_until_there_is_room_on_both_sides():
    intake = intake_with()
    assert intake.may_read
    assert intake.may_parse

    intake.set_inbox(is_full=True)
    intake.set_outbox(is_full=True)
    intake.set_inbox(is_full=False)
    assert intake.is_held
    assert not intake.may_read
    assert not intake.may_parse

    intake.set_outbox(is_full=False)
    assert not intake.is_held
    assert intake.may_read


def test_bytes_after_the_end_need_no_room():
    intake = intake_with()
    intake.set_inbox(is_full=True)

    intake.end()
    assert intake.may_read

    intake.set_inbox(is_full=True)
    intake.set_outbox(is_full=True)
    assert intake.may_read


def test_no_more_is_read_while_bytes_wait_to_be_parsed():
    intake = intake_with(frame_bytes(TEXT, b"waiting"))

    assert not intake.is_held
    assert not intake.may_read
    assert not intake.may_parse


async def test_one_slice_is_planned_at_a_time():
    intake, begun = intake_with(frame_bytes(TEXT, b"waiting")), []
    stop_loop_time()

    intake.plan_slice(lambda: begun.append(intake.begin_slice()))
    intake.plan_slice(lambda: begun.append("twice"))
    await turns_of_loop()
    assert begun == [True]

    intake.plan_slice(lambda: begun.append(intake.begin_slice()))
    intake.set_inbox(is_full=True)
    await turns_of_loop()
    assert begun == [True, False]


async def test_a_client_that_goes_on_after_the_end_is_parsed_slowly_and_then_flooding():
    intake, begun = intake_with(), []
    stop_loop_time()
    intake.end()

    assert not any(intake.count_late_frame() for _ in range(SLICE_FRAMES))
    assert intake.may_read
    assert not intake.may_parse

    intake.plan_slice(lambda: begun.append(intake.begin_slice()))
    await turns_of_loop()
    assert begun == []
    move_loop_time(LATE_PAUSE_SECONDS)
    await turns_of_loop()
    assert begun == [True]

    assert not any(intake.count_late_frame() for _ in range(MAX_FRAMES_TOO_LATE - SLICE_FRAMES))
    assert intake.count_late_frame()
