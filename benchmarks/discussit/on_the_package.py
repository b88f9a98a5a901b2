"""Settings of DiscussIt on this package under load: no debugging, and no limits of one machine."""

from discussit.settings import *  # noqa: F403 - the example's own.
from discussit.settings import WEBSOCKETS as OWN

DEBUG = False
# Every client of a measurement has the same address.
WEBSOCKETS = OWN | {"rate_limit_max_attempts": 10**6, "token_rate_limit_per_minute": 10**6}
