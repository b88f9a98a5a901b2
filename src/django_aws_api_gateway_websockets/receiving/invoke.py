"""Calling what a project wrote: plain or async, and within the transactions it asked for.

Django would begin a transaction of `ATOMIC_REQUESTS` around the whole view. Ours writes to the
session's row before the handler runs, so the row would stay locked for as long as the handler
takes, and the connection's next message would wait for it. The view is therefore left out of that,
and the transaction begins where the project's own code does. On a connect, what counts the attempt
and what uses the token up come before that, too: a failing hook must not undo them.
"""

import inspect
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.db import connections, transaction
from django.http import HttpRequest

__all__ = [
    "OutsideTransactions",
    "begins_transactions",
    "find_async_methods",
    "get_transactional_databases",
    "is_overridden",
    "project_transactions",
    "resolve",
    "set_user",
    "stay_outside_transactions",
]

_HOOKS_WITH_UNDERSCORE = frozenset({"_additional_connection_checks"})


class OutsideTransactions(set[str]):
    """A set that tells Django to leave a view out of `ATOMIC_REQUESTS` on every database.

    Its elements are the databases the project itself has left the view out of.
    """

    def __contains__(self, alias: object) -> bool:
        return True


def stay_outside_transactions(view: Any) -> None:
    """Mark a view so that Django begins no transaction of `ATOMIC_REQUESTS` around it.

    The databases that a project has left it out of itself stay known.
    """
    marked = getattr(view, "_non_atomic_requests", ())
    view._non_atomic_requests = OutsideTransactions(marked)  # noqa: SLF001 - as in Django.


def get_transactional_databases() -> list[str]:
    """Return the aliases of the databases that have `ATOMIC_REQUESTS` on."""
    return [alias for alias, values in connections.settings.items() if values["ATOMIC_REQUESTS"]]


@contextmanager
def project_transactions(request: HttpRequest) -> Iterator[None]:
    """Begin the transactions `ATOMIC_REQUESTS` asks for, and end them with the block.

    There are none when no URL led to the view, as in Django, and none for a view that the project
    has marked with `non_atomic_requests`.
    """
    with ExitStack() as transactions:
        for alias in _aliases_for(request):
            transactions.enter_context(transaction.atomic(using=alias))
        yield


def begins_transactions(request: HttpRequest) -> bool:
    """Tell whether `project_transactions` would begin one."""
    return bool(_aliases_for(request))


def is_overridden(view: object, base: type, names: Iterable[str]) -> bool:
    """Tell whether any of these methods of `view` is another one than that of `base`."""
    return any(
        getattr(getattr(view, name), "__func__", None) is not getattr(base, name) for name in names
    )


def resolve(result: Any) -> Any:
    """Return the result of a method, also of one that is `async def`; not for an event loop.

    In a thread Django has started for an async view, its coroutine runs in that view's loop.
    """
    return async_to_sync(_wait_for)(result) if inspect.isawaitable(result) else result


@lru_cache(maxsize=256)
def find_async_methods(view_class: type) -> frozenset[str]:
    """Name the methods of a view that are `async def` and that a request may call."""
    return frozenset(
        name
        for name in dir(view_class)
        if (not name.startswith("_") or name in _HOOKS_WITH_UNDERSCORE)
        and iscoroutinefunction(_function(inspect.getattr_static(view_class, name, None)))
    )


def set_user(request: HttpRequest, user: Any) -> None:
    """Let the request belong to `user`, whoever its cookie belongs to; for async code, too."""

    async def auser() -> Any:
        return user

    request.user, request.auser = user, auser


def _aliases_for(request: HttpRequest) -> list[str]:
    match = request.resolver_match
    if match is None:
        return []
    left_out = set(iter(getattr(match.func, "_non_atomic_requests", ())))
    return [alias for alias in get_transactional_databases() if alias not in left_out]


def _function(member: object) -> Any:
    return member.__func__ if isinstance(member, staticmethod | classmethod) else member


async def _wait_for(result: Any) -> Any:
    return await result
