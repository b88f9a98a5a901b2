"""The clock of a test, which is moved by hand."""

from datetime import datetime, timedelta

from .running_test import current_gateway

__all__ = ["Clock", "clock"]


class Clock:
    """The time of Django in the test that runs.

    It stands still from its first use in a test on. When it is moved, everything that would happen
    meanwhile happens, each thing at its moment: sockets are closed for their age, members leave
    after the grace, what is slow arrives.
    """

    def now(self) -> datetime:
        """Return the moment at which the clock stands, aware and in UTC."""
        return current_gateway().time.stop()

    def advance(
        self, *, seconds: float = 0.0, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0
    ) -> datetime:
        """Move the clock on, and return where it stands then.

        Raises:
            ValueError: it would go back.
        """
        duration = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if duration < timedelta():
            raise ValueError("A clock only moves on: give it a duration above 0, or none.")
        current_gateway().advance(duration)
        return self.now()

    def set(self, moment: datetime) -> datetime:
        """Put the clock to a moment, earlier or later, before there is a socket.

        Raises:
            ValueError: the moment is naive, or sockets are open whose times it would spoil.
        """
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone: give it one, such as UTC.")
        gateway = current_gateway()
        if gateway.sockets:
            raise ValueError("Sockets are open: set the clock before them, or call advance().")
        gateway.time.set(moment)
        return self.now()


clock = Clock()
"""The clock of the test that runs."""
