"""Many threads doing the same thing at the same moment, each with its own database connection."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

RACERS = 25
SECONDS = 60.0


def race(act: Callable[[int], Any], *, times: int) -> list[Any]:
    """Run `act(0)` to `act(times - 1)` in RACERS threads that start together; gives the results."""
    results: list[Any] = []
    errors: list[BaseException] = []
    start = threading.Barrier(RACERS)

    def run(first: int) -> None:
        try:
            start.wait(SECONDS)
            results.extend([act(number) for number in range(first, times, RACERS)])
        except BaseException as error:  # noqa: BLE001 - reported by the assertion below.
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert errors == []
    return results
