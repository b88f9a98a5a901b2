"""Settings of DiscussIt on Django Channels under load: no debugging."""

from channels_discussit.settings import *  # noqa: F403 - the example's own.

DEBUG = False
