"""The answer to a post in the form boto3 gives it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, cast

from .http1.response import Answer
from .outcome import REQUEST_ID_HEADER, Outcome

__all__ = ["Boto3Answer"]


class Boto3Answer(dict[str, Any]):
    """What `post_to_connection` of boto3 returns, read off an answer when somebody looks into it.

    `send_message` gives one for every recipient, and most callers only count them; with all of
    them read, a broadcast would take a tenth longer.

    Args:
        outcome: of a post that was answered.
    """

    # Not the answer itself: every tuple that a caller keeps brings the next full collection of
    # garbage nearer, which goes through all of Django.
    __slots__ = ("_attempts", "_position", "_received", "_status")

    def __init__(self, outcome: Outcome) -> None:
        # The key is here from the beginning, so that nobody takes it for an empty dictionary.
        super().__init__(_NOT_READ)
        _, _, self._attempts, answer, _ = outcome
        self._received: bytes | None
        self._status, self._received, _, self._position = cast("Answer", answer)

    def _read(self) -> None:
        received = self._received
        if received is None:
            return
        headers = Answer(self._status, received, position=self._position).headers
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
    def read_and_go_on(self: Boto3Answer, *args: Any, **kwargs: Any) -> Any:
        for one in (self, *args):
            if isinstance(one, Boto3Answer):
                one._read()  # noqa: SLF001 - the same module.
        return method(self, *args, **kwargs)

    return read_and_go_on


# Whatever gives or changes values; keys and length are right from the beginning. Code that copies
# dictionaries in C asks for the items of one whose `__iter__` is not that of dict.
for _name in (
    *("__getitem__", "__setitem__", "__delitem__", "__iter__", "__eq__", "__ne__", "__repr__"),
    *("__or__", "__ror__", "__ior__", "clear", "copy", "get", "items", "pop", "popitem"),
    *("setdefault", "update", "values"),
):
    setattr(Boto3Answer, _name, _reading_first(getattr(dict, _name)))
