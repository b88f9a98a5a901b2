import asyncio

from django_aws_api_gateway_websockets.gateway.runtime.tasks import Tasks


async def test_an_error_in_a_task_is_logged_and_ends_nothing_else(caplog):
    tasks = Tasks()
    finished = []

    async def fail():
        raise ZeroDivisionError

    async def succeed():
        finished.append(True)

    tasks.start(fail())
    tasks.start(succeed())
    await tasks.drain(1)

    assert finished == [True]
    assert "ZeroDivisionError" in caplog.text


async def test_settling_waits_for_what_tasks_start(caplog):
    tasks = Tasks()
    finished = []

    async def second():
        await asyncio.sleep(0)
        finished.append("second")

    async def first():
        tasks.start(second())

    tasks.start(first())
    await tasks.drain(1)

    assert finished == ["second"]


async def test_settling_cancels_what_takes_too_long():
    tasks = Tasks()
    cancelled = asyncio.Event()

    async def hang():
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    tasks.start(hang())
    await tasks.drain(0.01)

    assert cancelled.is_set()
