"""The state of a channel as a whole, and the members it has been told of."""

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models

from .exact_text import ExactCharField
from .rows import Row

__all__ = ["ChannelMember", "ChannelState"]


def new_epoch() -> str:
    """Return a text no other row of a channel has had."""
    return secrets.token_hex(8)


class ChannelState(Row):
    """One channel that somebody watches: who was announced, and when."""

    name = ExactCharField(max_length=128, unique=True)
    epoch = models.CharField(
        max_length=16,
        default=new_epoch,
        help_text="Another text once the row was made anew, so that its numbers begin again.",
    )
    version = models.PositiveBigIntegerField(
        default=0, help_text="Number of the last change of presence that was announced."
    )
    member_count = models.PositiveIntegerField(default=0, help_text="Members, as last announced.")
    is_occupied = models.BooleanField(default=False, help_text="Whether a connection is in it.")
    announced_on = models.DateTimeField(
        null=True, blank=True, default=None, help_text="When a change was last announced."
    )
    due_on = models.DateTimeField(
        null=True,
        blank=True,
        default=None,
        db_index=True,
        help_text="When its members are to be looked at again; empty when nothing is expected.",
    )

    class Meta(Row.Meta):
        verbose_name = "channel"

    def __str__(self) -> str:
        return str(self.name)


class ChannelMember(Row):
    """A member of a channel with presence, as the channel has been told."""

    channel_name = ExactCharField(max_length=128)
    key = ExactCharField(
        max_length=80, help_text="The user, the browser, or the connection it stands for."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # The others still have to be told that it has gone.
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        default=None,
        related_name="+",
    )
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel_name", "key"], name="websockets_one_membership"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} in {self.channel_name}"
