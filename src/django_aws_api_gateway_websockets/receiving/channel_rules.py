"""The rules of channels, as one request of a view meets them."""

from typing import Any

from django.http import HttpRequest

from ..models import ChannelPermission
from .event import Event
from .hooks import Hooks
from .invoke import resolve
from .lookup import Known
from .wording import Refusal, explain_rule, log_refusal

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

    def may_join(self, channel: str, *, what: str) -> bool:
        """Ask the view's `can_join_channel()`; when it says no, log which rule did.

        Args:
            channel: the one to be joined.
            what: is refused then, in a word for the log.
        """
        self._rule_that_refused = ""
        request = self._event.request
        if resolve(self._view.can_join_channel(request, channel)):
            return True
        rule = self._rule_that_refused or f"{type(self._view).__name__}.can_join_channel()"
        why = explain_rule(channel, rule, getattr(request, "user", None))
        log_refusal(what, self._event, Refusal("Permission Denied", why))
        return False

    def allow(self, user: Any, channel: str) -> bool:
        """Decide by the channel's `ChannelPermission`, or without one by the view's setting."""
        permission = resolve(self._view.get_channel_permission(channel))
        if permission is None:
            self._rule_that_refused = (
                "there is no ChannelPermission, so "
                f"{type(self._view).__name__}.ALLOW_UNLISTED_CHANNELS"
            )
            return self._view.ALLOW_UNLISTED_CHANNELS
        self._rule_that_refused = f"{type(permission).__name__} {permission}"
        return bool(permission.allows(user))

    def find(self, channel: str) -> ChannelPermission | None:
        """Return the rule of a channel, or None when there is none."""
        if channel == self._known.channel:
            return self._known.rule
        return ChannelPermission.for_channel(channel)


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
