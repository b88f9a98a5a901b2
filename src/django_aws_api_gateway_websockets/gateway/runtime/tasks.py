"""The tasks of a gateway, kept in one place: none is lost, and none outlives the gateway."""

import asyncio
from collections.abc import Coroutine

from .log import problems

__all__ = ["Tasks"]


class Tasks:
    """Owner of every task that the gateway starts."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._one_has_finished = asyncio.Event()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Run a coroutine as a task; an error in it is logged and ends nothing else."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finish)

    async def drain(self, patience_seconds: float) -> None:
        """Wait for all tasks, also for later ones, and cancel those that do not finish.

        Args:
            patience_seconds: longest time without any task that finishes. Thousands of calls that
                finish one by one may take longer; a call that hangs may not.
        """
        while self._running:
            self._one_has_finished.clear()
            try:
                async with asyncio.timeout(patience_seconds):
                    await self._one_has_finished.wait()
            except TimeoutError:
                break
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._one_has_finished.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            problems.error("An error in the gateway itself.", exc_info=error)
