"""The finding of one hop: a sign, a sentence, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Sign", "broken", "crashed", "not_needed", "skipped", "warning", "well"]


class Sign(StrEnum):
    """Kinds of findings."""

    WELL = "well"
    """The message gets through here."""
    NOT_NEEDED = "not needed"
    """The message does not come by here."""
    WARNING = "warning"
    """It gets through, or nobody could look; there is something to know."""
    BROKEN = "broken"
    """It does not get through here."""
    CRASHED = "crashed"
    """The check itself has failed, which says nothing about the hop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of looking at one hop."""

    sign: Sign
    """Kind of the finding."""
    text: str
    """The finding, in a sentence."""
    fix: str = ""
    """The remedy, in a sentence or two; "" when there is nothing to do."""
    page: str = ""
    """Page with more about it; "" for the one of the hop."""
    stops: str = ""
    """Reason, in a few words, for which hops that need this one cannot be looked at, either."""

    def for_dependents(self, name: str) -> "Finding | None":
        """Return the finding of a hop that needs this one; None when that can be looked at.

        Args:
            name: of this hop.
        """
        if self.sign is Sign.CRASHED:
            return skipped(f"the check of {name} has crashed")
        if not self.stops:
            return None
        if self.sign is Sign.NOT_NEEDED:
            return not_needed(self.stops, stops=self.stops)
        return skipped(self.stops)


def well(text: str) -> Finding:
    """Return the finding of a hop the message gets through."""
    return Finding(sign=Sign.WELL, text=text)


def not_needed(because: str, *, stops: str = "") -> Finding:
    """Return the finding of a hop the message does not come by."""
    return Finding(sign=Sign.NOT_NEEDED, text=f"Not needed: {because}.", stops=stops)


def warning(text: str, fix: str = "", *, stops: str = "") -> Finding:
    """Return the finding of a hop with something to know."""
    return Finding(sign=Sign.WARNING, text=text, fix=fix, stops=stops)


def skipped(because: str) -> Finding:
    """Return the finding of a hop that nobody could look at."""
    return Finding(sign=Sign.WARNING, text=f"Skipped: {because}.", stops=because)


def broken(text: str, fix: str, page: str = "") -> Finding:
    """Return the finding of a hop the message does not get through."""
    return Finding(sign=Sign.BROKEN, text=text, fix=fix, page=page)


def crashed(error: Exception, place: str) -> Finding:
    """Return the finding of a check that has failed itself.

    Args:
        error: what it raised.
        place: file and line.
    """
    said = " ".join(str(error).split())
    return Finding(
        sign=Sign.CRASHED,
        text=f"This check has crashed: {type(error).__name__}{said and f': {said}'} ({place}).",
        fix="It says nothing about your project. Please report it, with this line.",
    )
