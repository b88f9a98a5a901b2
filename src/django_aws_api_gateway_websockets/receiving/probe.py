"""A request of a system check that only asks whether a message would reach the view."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

__all__ = ["Probe", "find_probe"]

# No header is called so: a client's begin with HTTP_.
_KEY: Final = "websockets.probe"


@dataclass(slots=True)
class Probe:
    """The progress of the request."""

    has_passed_middleware: bool = False
    """True once the view was called, with all its decorators."""
    has_reached_view: bool = False
    """True once the view has it; then nothing more is done."""
    has_failed: bool = False
    """True when something before the view failed, as without database; that says nothing."""

    def put_into(self, request: HttpRequest) -> None:
        """Let the request be this probe."""
        request.META[_KEY] = self


def find_probe(request: HttpRequest) -> Probe | None:
    """Return the probe that a request is; None for the request of a client."""
    found = request.META.get(_KEY)
    return found if isinstance(found, Probe) else None
