"""The response to a post in the form boto3 gives it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, cast

from .http1.response import Response
from .outcome import REQUEST_ID_HEADER, Outcome

__all__ = ["Boto3Response"]


class Boto3Response(dict[str, Any]):
    """The value that `post_to_connection` of boto3 returns; its headers are read on first use.

    `send_message` gives one for every recipient, and most callers only count them. To read them
    all would make a broadcast a tenth slower.

    Args:
        outcome: outcome of a post that had a response.
    """

    # Not the response itself: every tuple that a caller keeps brings the next full collection of
    # garbage nearer, which goes through all of Django.
    __slots__ = ("_attempts", "_position", "_received", "_status")

    def __init__(self, outcome: Outcome) -> None:
        # The key is here from the beginning, or the dictionary would seem to be empty.
        super().__init__(_NOT_READ)
        _, _, self._attempts, response, _, _ = outcome
        self._received: bytes | None
        self._status, self._received, _, self._position = cast("Response", response)

    def _read(self) -> None:
        received = self._received
        if received is None:
            return
        headers = Response(self._status, received, position=self._position).headers
        metadata = {
            "RequestId": headers.get(REQUEST_ID_HEADER, ""),
            "HTTPStatusCode": self._status,
            "HTTPHeaders": headers,
            "RetryAttempts": self._attempts - 1,
        }
        super().__setitem__(_METADATA, metadata)
        # Last, for another thread may be looking.
        self._received = None

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


_METADATA: Final = "ResponseMetadata"
_NOT_READ: Final = {_METADATA: None}


def _reading_first(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def read_and_go_on(self: Boto3Response, *args: Any, **kwargs: Any) -> Any:
        for one in (self, *args):
            if isinstance(one, Boto3Response):
                one._read()  # noqa: SLF001 - the same module.
        return method(self, *args, **kwargs)

    return read_and_go_on


# All methods that read or change values; keys and length are right from the beginning. C code that
# copies dictionaries asks for the items of one whose `__iter__` is not that of dict.
for _name in (
    *("__getitem__", "__setitem__", "__delitem__", "__iter__", "__eq__", "__ne__", "__repr__"),
    *("__or__", "__ror__", "__ior__", "clear", "copy", "get", "items", "pop", "popitem"),
    *("setdefault", "update", "values"),
):
    setattr(Boto3Response, _name, _reading_first(getattr(dict, _name)))
