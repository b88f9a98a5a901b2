"""One round: each hop is looked at in its turn, until the first one that is broken."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from traceback import extract_tb

from .case import Case
from .finding import Finding, Sign, crashed
from .hop import Hop

__all__ = ["Result", "Round"]


@dataclass(frozen=True, slots=True)
class Result:
    """The finding of one hop, and the time the check took."""

    hop: Hop
    finding: Finding
    seconds: float


@dataclass
class Round:
    """The findings so far; shared hops are looked at once for all APIs."""

    announce: Callable[[Hop], None]
    """Tells people of a check that begins to wait, and may do so for long."""
    findings: dict[str, Finding] = field(default_factory=dict)
    """By the name of their hop."""

    def go(self, hops: Iterable[Hop], case: Case) -> Iterator[Result]:
        """Look at these hops, and stop behind a broken one."""
        for hop in hops:
            inherited = self._inherited(hop)
            case.take_time = partial(self.announce, hop)
            began = time.monotonic()
            finding = inherited or _look(hop, case)
            self.findings[hop.name] = finding
            yield Result(hop, finding, time.monotonic() - began)
            if finding.sign is Sign.BROKEN:
                return

    @property
    def is_stopped(self) -> bool:
        """True when a hop is broken."""
        return any(one.sign is Sign.BROKEN for one in self.findings.values())

    def _inherited(self, hop: Hop) -> Finding | None:
        """Return the finding that hops before it leave to this one, if any does."""
        needed = [(name, self.findings[name]) for name in hop.needs]
        passed_on = (finding.for_dependents(name) for name, finding in needed)
        return next(filter(None, passed_on), None)


def _look(hop: Hop, case: Case) -> Finding:
    try:
        return hop.look(case)
    except Exception as error:  # noqa: BLE001 - shown, with a sign of its own.
        frame = extract_tb(error.__traceback__)[-1]
        name = frame.filename.replace("\\", "/").rpartition("/")[2]
        return crashed(error, f"{name}:{frame.lineno}")
