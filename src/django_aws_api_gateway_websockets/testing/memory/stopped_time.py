"""Time that stands still from its first use in a test on, and moves only when it is moved."""

from datetime import UTC, datetime, tzinfo
from typing import Any, Self

from django.utils import timezone

__all__ = ["StoppedTime", "as_aware"]


class StoppedTime:
    """The time of Django in one test; the world's until it is used."""

    def __init__(self) -> None:
        self._moment: datetime | None = None
        self._replaced: Any = None

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC; time goes on."""
        return datetime.now(UTC) if self._moment is None else self._moment

    def stop(self) -> datetime:
        """Let time stand still, and return the moment at which it does."""
        self.set(self.now())
        return self.now()

    def set(self, moment: datetime) -> None:
        """Let time stand still at a moment."""
        self._moment = moment.astimezone(UTC)
        if self._replaced is None:
            # `timezone.now` itself stays: models have it as a default, and projects import it.
            self._replaced = timezone.datetime  # type: ignore[attr-defined]
            timezone.datetime = _datetime_of(self)  # type: ignore[assignment, attr-defined]

    def end(self) -> None:
        """Let time go on as the world's."""
        if self._replaced is not None:
            timezone.datetime = self._replaced  # type: ignore[attr-defined]
        self._moment = self._replaced = None


def as_aware(moment: datetime) -> datetime:
    """Return a time as a database has it, which without `USE_TZ` is naive, as an aware one."""
    return moment.astimezone(UTC)


class _AlsoPlain(type):
    """Lets every datetime be an instance, for Django's `template_localtime` asks."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


def _datetime_of(time: StoppedTime) -> type:
    class StoppedDatetime(datetime, metaclass=_AlsoPlain):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment: Any = time.now()
            return moment.astimezone(tz) if tz else moment.astimezone().replace(tzinfo=None)  # type: ignore[no-any-return]

    return StoppedDatetime
