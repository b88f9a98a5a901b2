"""Methods for async tests, made of those that wait for Django."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from asgiref.sync import sync_to_async

__all__ = ["awaited"]

R = TypeVar("R")


def awaited(method: Callable[..., R]) -> Callable[..., Coroutine[Any, Any, R]]:
    """Return the twin of a method; it runs in the thread that the database of the test is for."""

    async def twin(*args: Any, **kwargs: Any) -> R:
        return await sync_to_async(method)(*args, **kwargs)

    return twin
