"""The tasks of the relay, of which several may run: a lease decides which of them does a task."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .rows import Row

__all__ = ["RelayTask"]


class RelayTask(Row):
    """One task of `websocketRelay`: who does it, and when it was last done."""

    name = models.CharField(max_length=32, unique=True)
    owner = models.UUIDField(null=True, blank=True, default=None)
    leased_until = models.DateTimeField(null=True, blank=True, default=None)
    done_on = models.DateTimeField(null=True, blank=True, default=None)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def take(cls, name: str, owner: uuid.UUID, *, seconds: float, every: float = 0.0) -> bool:
        """Take a task, unless another relay has it or it was done a moment ago.

        Args:
            name: of the task.
            owner: the relay that asks.
            seconds: for which the task is this relay's.
            every: seconds that have to lie between two times it is done.
        """
        now = timezone.now()
        free = Q(leased_until=None) | Q(leased_until__lte=now) | Q(owner=owner)
        due = Q(done_on=None) | Q(done_on__lte=now - timedelta(seconds=every))
        until = now + timedelta(seconds=seconds)
        task = cls.objects.filter(name=name)
        if task.filter(free, due).update(owner=owner, leased_until=until):
            return True
        if task.exists():
            return False
        new = cls(name=name, owner=owner, leased_until=until)
        cls.objects.bulk_create([new], ignore_conflicts=True)
        return task.filter(owner=owner).exists()

    @classmethod
    def finish(cls, name: str, owner: uuid.UUID) -> None:
        """Note that a task was done, and leave it to others."""
        done = {"done_on": timezone.now(), "leased_until": None}
        cls.objects.filter(name=name, owner=owner).update(**done)
