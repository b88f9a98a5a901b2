"""The time of the running event loop, moved by hand: its timers come due, and nobody waits."""

import asyncio


def move_loop_time(seconds: float) -> None:
    """Let every timer of the loop that is due within these seconds be due now."""
    loop = asyncio.get_running_loop()
    time_before = loop.time
    loop.time = lambda: time_before() + seconds  # type: ignore[method-assign]


def stop_loop_time() -> None:
    """Let no time pass until it is moved."""
    loop = asyncio.get_running_loop()
    moment = loop.time()
    loop.time = lambda: moment  # type: ignore[method-assign]


async def turns_of_loop(count: int = 3) -> None:
    """Let the loop run what is due."""
    for _ in range(count):
        await asyncio.sleep(0)
