"""The changes of Django's tables by which somebody may lose the right to be in a channel.

Each is followed by two questions: one at once, so that the right is gone with the transaction that
ends it, and one after the commit, for connections that came in meanwhile and could not be seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.signals import (
    class_prepared,
    m2m_changed,
    post_delete,
    post_save,
    pre_save,
)

from ..models import ChannelPermission, ChannelPermissionRule
from ..sending.after_commit import after_commit
from .rechecks import recheck_channel, recheck_users

__all__ = ["connect_right_changes"]

_PREFIX: Final = "django_aws_api_gateway_websockets.rights"

_CHANGED: Final = frozenset({"post_add", "post_remove", "post_clear"})

_WITHOUT_RIGHTS: Final = frozenset({"last_login", "password"})
"""Columns of a user that say nothing about its rights, and that Django saves at each login."""

_TOGETHER: Final = 500
"""Users asked about with one statement."""


def connect_right_changes() -> None:
    """Subscribe the receivers; safe to call twice."""
    users: Any = get_user_model()
    for relation in users._meta.many_to_many:
        if issubclass(relation.related_model, Group | Permission):
            _on_change(relation.remote_field.through, _recheck_users_of_change)
            _watch_memberships(relation)
    _on_change(Group.permissions.through, _recheck_users_of_group_change)
    _on_change(ChannelPermissionRule.permissions.through, _recheck_channel_of_rule_change)
    for model in apps.get_models():
        _watch(model)
    # A model that is defined later may be another face of these tables.
    class_prepared.connect(_watch, dispatch_uid=f"{_PREFIX}.model_defined")


def _watch_memberships(relation: Any) -> None:
    """Subscribe to the rows of a table of the project's own that gives users groups or permissions.

    They may be saved and deleted one by one, which Django's own tables are not.
    """
    through = relation.remote_field.through
    if through._meta.auto_created:
        return
    user_id = through._meta.get_field(relation.m2m_field_name()).attname

    def recheck_user_of_membership(
        sender: Any, instance: Any, *, using: str, **kwargs: Any
    ) -> None:
        _ask_again.of_users([getattr(instance, user_id)], using=using)

    for signal in (post_save, post_delete):
        uid = f"{_PREFIX}.{through.__name__}.{relation.name}"
        signal.connect(recheck_user_of_membership, sender=through, weak=False, dispatch_uid=uid)


def _on_change(through: Any, receiver: Any) -> None:
    m2m_changed.connect(receiver, sender=through, dispatch_uid=f"{_PREFIX}.{through.__name__}")


def _watch(sender: type[Model], **kwargs: Any) -> None:
    """Subscribe to the saves and deletions of a model, if it has rows that give rights.

    Proxies and models that extend such a table send signals of their own.
    """
    saved: tuple[tuple[type[Model], Any], ...] = (
        (get_user_model(), _recheck_user),
        (ChannelPermission, _recheck_channel_of_permission),
        (ChannelPermissionRule, _recheck_channel_of_rule),
        (Group, _recheck_users_of_group),
    )
    about_to_be_saved: tuple[tuple[type[Model], Any], ...] = (
        (ChannelPermission, _note_old_channel_of_permission),
        (ChannelPermissionRule, _note_old_channel_of_rule),
    )
    deleted: tuple[tuple[type[Model], Any], ...] = (
        (ChannelPermission, _recheck_channel_of_permission),
        (ChannelPermissionRule, _recheck_channel_of_rule),
        (Group, _recheck_everybody),
        (Permission, _recheck_everybody),
    )
    watched = ((pre_save, about_to_be_saved), (post_save, saved), (post_delete, deleted))
    for signal, kinds in watched:
        for kind, receiver in kinds:
            if _is_stored_with(sender, kind):
                uid = f"{_PREFIX}.{receiver.__name__}"
                signal.connect(receiver, sender=sender, dispatch_uid=uid)


def _is_stored_with(model: type[Model], kind: type[Model]) -> bool:
    return issubclass(model, kind._meta.concrete_model or kind)


def _recheck_users_of_change(
    sender: Any,
    instance: Any,
    *,
    action: str,
    reverse: bool,
    pk_set: Iterable[Any] | None,
    using: str,
    **kwargs: Any,
) -> None:
    """Ask again for users whose groups or permissions have changed."""
    if action not in _CHANGED:
        return
    if not reverse:
        _ask_again.of_users([_key(instance, get_user_model())], using=using)
    elif pk_set is not None:
        _ask_again.of_users(pk_set, using=using)
    else:
        _recheck_everybody(using=using)


def _recheck_users_of_group_change(
    sender: Any,
    instance: Any,
    *,
    action: str,
    reverse: bool,
    pk_set: Iterable[Any] | None,
    using: str,
    **kwargs: Any,
) -> None:
    """Ask again for the users of groups whose permissions have changed."""
    if action not in _CHANGED:
        return
    if reverse and pk_set is None:
        _recheck_everybody(using=using)
        return
    groups = list(pk_set or ()) if reverse else [_key(instance, Group)]
    _ask_again.of_groups(groups, using=using)


def _recheck_channel_of_rule_change(
    sender: Any,
    instance: Any,
    *,
    action: str,
    reverse: bool,
    pk_set: Iterable[Any] | None,
    using: str,
    **kwargs: Any,
) -> None:
    """Ask again in the channel of a rule whose permissions have changed."""
    if action not in _CHANGED:
        return
    if not reverse:
        _recheck_channel_of_rule(sender, instance, using=using)
    elif pk_set is None:
        _recheck_everybody(using=using)
    else:
        for rule in ChannelPermissionRule.objects.filter(pk__in=pk_set):
            _recheck_channel_of_rule(sender, rule, using=using)


def _recheck_user(
    sender: Any,
    instance: Any,
    *,
    using: str,
    update_fields: Iterable[str] | None = None,
    **kwargs: Any,
) -> None:
    """Ask again for a user that was saved: whoever is staff may be in more channels."""
    if kwargs.get("created") or kwargs.get("raw"):
        return
    if update_fields is None or set(update_fields) - _WITHOUT_RIGHTS:
        _ask_again.of_users([_key(instance, get_user_model())], using=using)


def _recheck_users_of_group(sender: Any, instance: Any, *, using: str, **kwargs: Any) -> None:
    """Ask again for the users of a group that was saved: a rule may ask for its name."""
    if not kwargs.get("created") and not kwargs.get("raw"):
        _ask_again.of_groups([_key(instance, Group)], using=using)


def _note_old_channel_of_permission(
    sender: Any, instance: ChannelPermission, **kwargs: Any
) -> None:
    """Note the channel whose rule is about to become that of another one."""
    stored = ChannelPermission.objects.filter(pk=instance.pk)
    _note_old_channel(instance, stored.exclude(channel_name=instance.channel_name), **kwargs)


def _note_old_channel_of_rule(sender: Any, instance: ChannelPermissionRule, **kwargs: Any) -> None:
    """Note the channel from which a set of permissions is about to be moved."""
    stored = ChannelPermission.objects.filter(rules__pk=instance.pk)
    _note_old_channel(instance, stored.exclude(pk=instance.channel_permission_id), **kwargs)


def _note_old_channel(instance: Any, old: QuerySet[ChannelPermission], **kwargs: Any) -> None:
    if instance.pk is not None and not kwargs.get("raw"):
        instance.old_channel = old.values_list("channel_name", flat=True).first() or ""


def _recheck_old_channel(instance: Any, *, using: str) -> None:
    if instance.old_channel:
        _ask_again.of_channel(instance.old_channel, using=using)
        instance.old_channel = ""


def _recheck_channel_of_permission(
    sender: Any, instance: ChannelPermission, *, using: str, **kwargs: Any
) -> None:
    """Ask again in the channel whose rule was saved or deleted."""
    if not kwargs.get("raw"):
        _recheck_old_channel(instance, using=using)
        _ask_again.of_channel(instance.channel_name, using=using)


def _recheck_channel_of_rule(
    sender: Any, instance: ChannelPermissionRule, *, using: str, origin: Any = None, **kwargs: Any
) -> None:
    """Ask again in the channel one of whose sets of permissions was saved or deleted.

    A set that goes with its channel is none of the channel's business any more.
    """
    _recheck_old_channel(instance, using=using)
    # The origin of Django's delete is a row or a queryset.
    began_with = getattr(origin, "model", type(origin))
    goes_with_channel = issubclass(began_with, ChannelPermission)
    channel = ChannelPermission.objects.filter(pk=instance.channel_permission_id).first()
    if channel is not None and not goes_with_channel and not kwargs.get("raw"):
        _ask_again.of_channel(channel.channel_name, using=using)


def _recheck_everybody(sender: Any = None, *, using: str, **kwargs: Any) -> None:
    """Ask again for everybody, where it is not known whose rights have changed."""
    _ask_again.of_everybody(using=using)


def _key(instance: Model, model: type[Model]) -> Any:
    """Return the key of a row's part in the table of `model`, which `instance` may extend."""
    pk: Any = model._meta.pk
    return getattr(instance, pk.attname)


def _is_of_groups(groups: Iterable[Any]) -> Q:
    """Return the condition of sessions whose user is in one of these groups."""
    users = get_user_model()
    if not any(one.name == "groups" for one in users._meta.many_to_many):
        # A user model of one's own need not know groups.
        return Q(pk__in=[])
    return Q(user__in=users._default_manager.filter(groups__in=list(groups)).values("pk"))


@dataclass(slots=True)
class _Changed:
    """The users, groups and channels whose rights one transaction has changed."""

    users: set[Any] = field(default_factory=set)
    groups: set[Any] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    everybody: bool = False


class _Questions:
    """Asks the rules at once, and once more after the commit on the database `using`."""

    def __init__(self) -> None:
        self._open: WeakKeyDictionary[Any, _Changed] = WeakKeyDictionary()

    def of_users(self, keys: Iterable[Any], *, using: str) -> None:
        """Ask for users, in all channels they are in."""
        users = set(keys)
        recheck_users(Q(user__in=users))
        self._note(using).users |= users

    def of_groups(self, keys: Iterable[Any], *, using: str) -> None:
        """Ask for the users of groups, in all channels they are in."""
        groups = set(keys)
        recheck_users(_is_of_groups(groups))
        self._note(using).groups |= groups

    def of_channel(self, name: str, *, using: str) -> None:
        """Ask for those who are in a channel."""
        recheck_channel(name)
        self._note(using).channels.add(name)

    def of_everybody(self, *, using: str) -> None:
        """Ask for all users in all channels."""
        recheck_users(Q())
        self._note(using).everybody = True

    def _note(self, using: str) -> _Changed:
        connection = transaction.get_connection(using)
        if not connection.in_atomic_block:
            # It is committed, and the question has seen all there was to see.
            return _Changed()
        # A rollback to a savepoint takes its callbacks along. So each change has one, and the
        # first asks for all.
        after_commit(self._ask, connection, using=using)
        return self._open.setdefault(connection, _Changed())

    def _ask(self, connection: Any) -> None:
        changed = self._open.pop(connection, _Changed())
        if changed.everybody:
            recheck_users(Q())
            return
        users = list(changed.users)
        for start in range(0, len(users), _TOGETHER):
            recheck_users(Q(user__in=users[start : start + _TOGETHER]))
        if changed.groups:
            recheck_users(_is_of_groups(changed.groups))
        for name in changed.channels:
            recheck_channel(name)


_ask_again: Final = _Questions()
