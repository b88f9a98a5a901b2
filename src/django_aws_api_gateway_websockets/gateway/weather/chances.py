"""The decisions about faults; the callers make the faults happen.

Each switch has its own random source, which starts from the seed. So the n-th post has the same
result in every run with the same seed, whatever else happens meanwhile.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from ...core.throttling import RateLimit, TokenBucket
from .settings import SWITCHES, Setting

__all__ = ["Weather"]

_FAULTS: Final = (500, 502, 503, 504)
_HALF: Final = 0.5
_FAIR: Final = Setting("0")


class Weather:
    """The weather of one gateway; it is fair until a switch is set.

    Args:
        seed: the start of all chances.
    """

    def __init__(self, seed: int, settings: Mapping[str, Setting] | None = None) -> None:
        self.seed = seed
        self.struck: Counter[str] = Counter()
        """Number of strikes of each switch."""
        # Not for secrets: runs must be repeatable.
        self._chances = {name: random.Random(f"{seed} {name}") for name in SWITCHES}  # noqa: S311
        self._settings: dict[str, Setting] = dict(settings or {})
        self._connects: TokenBucket | None = None
        self._watchers: list[Callable[[], None]] = []

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Return the switches that are on."""
        return self._settings

    def watch(self, changed: Callable[[], None]) -> None:
        """Call a function after every change of the switches from now on."""
        self._watchers.append(changed)

    def set(self, settings: Mapping[str, Setting]) -> None:
        """Set all switches; a switch without a setting is off."""
        self._settings = dict(settings)
        for changed in self._watchers:
            changed()

    def change(self, settings: Mapping[str, Setting]) -> None:
        """Set some switches; the others stay as they are."""
        self.set({**self._settings, **settings})

    def strikes(self, name: str) -> bool:
        """Tell whether a switch with a share strikes this time."""
        return self._strikes(name, self._settings.get(name, _FAIR).number)

    def post_status(self) -> int | None:
        """Return the status for a post that is not delivered; `None` if it is delivered."""
        if not self._settings:
            return None
        if self.strikes("post-410"):
            return 410
        if self.strikes("post-429"):
            return 429
        if self.strikes("post-5xx"):
            return self._chances["post-5xx"].choice(_FAULTS)
        return None

    def delay_seconds(self) -> float:
        """Return the delay of a call."""
        longest = self._settings["delay"].number if "delay" in self._settings else 0.0
        if not longest:
            return 0.0
        self.struck["delay"] += 1
        return self._chances["delay"].uniform(0.0, longest)

    def is_stale(self, age_seconds: float) -> bool:
        """Tell whether an event still meets the previous deployment.

        Args:
            age_seconds: time since the last deployment.
        """
        seconds = self._settings.get("stale-deployment", _FAIR).number
        # Old and new in turn, like for a client of AWS whose requests go to different parts of it.
        return age_seconds < seconds and self._strikes("stale-deployment", _HALF)

    def cuts(self, seconds: float) -> bool:
        """Tell whether a connection breaks within the seconds that have passed."""
        share = self._settings.get("cut", _FAIR).number
        return bool(share) and self._strikes("cut", 1 - (1 - share) ** (seconds / 60))

    def lost_headers(self) -> frozenset[str]:
        """Return the lower-case names of the headers that do not reach the backend."""
        return self._settings.get("lose-header", _FAIR).headers

    def admits_connect(self, now: float) -> bool:
        """Tell whether a handshake is within the rate.

        Args:
            now: seconds that only grow.
        """
        if "connects" not in self._settings:
            return True
        rate = self._settings["connects"].number
        # A second's worth may come at once, but at least one, however low the rate is.
        limit = RateLimit(rate, max(1, int(rate)))
        if self._connects is None or self._connects.limit != limit:
            self._connects = TokenBucket(limit, now)
        if self._connects.take(now):
            return True
        self.struck["connects"] += 1
        return False

    def note(self, name: str) -> None:
        """Count a strike of a switch without a share."""
        self.struck[name] += 1

    def _strikes(self, name: str, share: float) -> bool:
        if not share or self._chances[name].random() >= share:
            return False
        self.struck[name] += 1
        return True
