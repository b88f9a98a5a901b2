"""Clocks of the gateway that a test moves by hand."""

from datetime import datetime, timedelta

from django_aws_api_gateway_websockets.gateway.runtime.clock import Clock

__all__ = ["AheadClock", "StandingClock"]


class StandingClock(Clock):
    """A clock whose measured seconds stand still until a test moves them."""

    moment = 0.0

    def monotonic(self) -> float:
        return self.moment


class AheadClock(Clock):
    """A clock that runs ahead of the machine's by the seconds that a test adds."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

    def real_now(self) -> datetime:
        return super().real_now() + timedelta(seconds=self.ahead)
