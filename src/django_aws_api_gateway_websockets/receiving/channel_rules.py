"""The rules of channels, as one request of a view meets them."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from ..channels.registry import declared_channel, declared_kinds
from ..models import ChannelPermission
from .event import Event
from .hooks import Hooks
from .invoke import resolve
from .lookup import Known
from .refusals import Refusal, explain_rule, log_refusal

__all__ = ["ChannelRules", "explain_missing_permission", "has_permissions"]


class ChannelRules:
    """Asks who may join a channel, and remembers which rule said no.

    Args:
        view: has the hooks.
        event: the connect or message by which a channel is to be joined.
        known: may have the channel's rule already.
    """

    def __init__(self, view: Hooks, event: Event, known: Known) -> None:
        self._view = view
        self._event = event
        self._known = known
        self._rule_that_refused = ""
        self.was_unknown = False
        """True when the last channel was refused since nothing knows it."""
        self.let_in: list[str] = []
        """Channels whose rules, and not only the view's own hook, let this user in."""
        self.let_in_by_right: list[str] = []
        """Those of them that might not let in another user."""
        self._is_personal = False
        self._rules_read: dict[str, ChannelPermission | None] = {}

    def read(self, channels: Iterable[str]) -> None:
        """Read the rows of many channels at once, for the questions that follow."""
        undeclared = [name for name in channels if declared_channel(name) is None]
        if undeclared:
            rows = ChannelPermission.objects.filter(channel_name__in=undeclared)
            self._rules_read = dict.fromkeys(undeclared) | {row.channel_name: row for row in rows}

    def may_join(self, channel: str, *, what: str) -> bool:
        """Ask the view's `can_join_channel()`; when it says no, log which rule did.

        Args:
            channel: the one to be joined.
            what: is refused then, in a word for the log.
        """
        self._rule_that_refused = ""
        self.was_unknown = False
        request = self._event.request
        if resolve(self._view.can_join_channel(request, channel)):
            return True
        rule = self._rule_that_refused or f"{type(self._view).__name__}.can_join_channel()"
        why = explain_rule(channel, rule, getattr(request, "user", None))
        log_refusal(what, self._event, Refusal("Permission Denied", why))
        return False

    def allow(self, user: Any, channel: str) -> bool:
        """Decide by the declared channel, else by its row, or without one by the view's setting."""
        may = self._ask(user, channel)
        if may:
            self.let_in.append(channel)
        if may and self._is_personal:
            self.let_in_by_right.append(channel)
        return may

    def find(self, channel: str) -> ChannelPermission | None:
        """Return the rule of a channel, or None when there is none."""
        if channel == self._known.channel:
            return self._known.rule
        if channel in self._rules_read:
            return self._rules_read[channel]
        return ChannelPermission.for_channel(channel)

    def _ask(self, user: Any, channel: str) -> bool:
        self._is_personal = False
        declared = declared_channel(channel)
        if declared is not None:
            self._rule_that_refused = f"{type(declared).__name__}.may_subscribe()"
            self._is_personal = True
            return bool(declared.may_subscribe(AnonymousUser() if user is None else user))
        permission = resolve(self._view.get_channel_permission(channel))
        if permission is None and not channel and declared_kinds():
            # It is in no channel until it subscribes to one, which is asked for then.
            return True
        if permission is None:
            self._rule_that_refused = (
                "there is no ChannelPermission, so "
                f"{type(self._view).__name__}.ALLOW_UNLISTED_CHANNELS"
            )
            self.was_unknown = not self._view.ALLOW_UNLISTED_CHANNELS
            return self._view.ALLOW_UNLISTED_CHANNELS
        self._rule_that_refused = f"{type(permission).__name__} {permission}"
        self._is_personal = permission.access != permission.Access.ALLOW_ALL
        return bool(permission.allows(user))


def has_permissions(view: Hooks, request: HttpRequest) -> bool:
    """Ask for what `all_permissions_required`, or else `permissions_required`, names."""
    if view.all_permissions_required:
        return bool(resolve(view.has_all_permission(request)))
    return bool(resolve(view.has_any_permission(request)))


def explain_missing_permission(view: Hooks) -> Refusal:
    """Say that the user lacks what the view asks for."""
    needs_all = bool(view.all_permissions_required)
    name = "all_permissions_required" if needs_all else "permissions_required"
    required = ", ".join(getattr(view, name)) or "none"
    said_no = f"{type(view).__name__}.{name} ({required}) said no"
    return Refusal("Permission Denied", said_no)
