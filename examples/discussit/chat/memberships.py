"""Memberships that end in the admin or in a script, without an event."""

from collections.abc import Collection, Iterator
from typing import Any

from chat.models import Group

ENDINGS = frozenset({"post_remove", "post_clear"})


def find_ended(
    changed: Any, *, action: str, reverse: bool, pk_set: set[Any] | None
) -> Iterator[tuple[Group, Collection[Any] | None]]:
    """Yield each group that may have lost members, with their keys; None stands for anybody.

    Args:
        changed: the group, or the user, whose memberships were changed.
        action, reverse, pk_set: as Django's signal `m2m_changed` has them.
    """
    if action not in ENDINGS:
        return
    if not reverse:
        yield changed, pk_set
        return
    # Django does not tell the groups that a user was in before `clear()`.
    groups = Group.objects.all() if pk_set is None else Group.objects.filter(pk__in=pk_set)
    for group in groups:
        yield group, {changed.pk}
