"""Checks of the channels a project declares, and of the relay that some of them need."""

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from typing import Any, Final

from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - the name Django gives it.
from django.db import connections, router
from django.utils import timezone

from ..channels import Channel
from ..channels.registry import declared_kinds, has_presence
from ..models import RelayTask, WebSocketSession
from ..receiving.event import is_channel_name
from ..receiving.routed_views import RoutedView, find_socket_views
from ..receiving.view import WebSocketView
from .plain_values import is_count, value_of

__all__ = [
    "check_channels_admit_somebody",
    "check_channels_can_be_named",
    "check_patterns_do_not_overlap",
    "check_relay_has_run",
]

_APP: Final = "django_aws_api_gateway_websockets"

_RUN_WITHIN: Final = timedelta(minutes=5)

_ANY_TEXT: Final = re.compile("(?s).*")


def check_patterns_do_not_overlap(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report E005, and W017 where it cannot be known: one name would belong to two kinds."""
    return [
        _explain_overlap(one, other)
        for one, other in combinations(declared_kinds(), 2)
        if one.compiled_pattern.overlaps(other.compiled_pattern)
    ]


def check_channels_admit_somebody(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W019: a kind of channel does not say who may subscribe, so nobody may."""
    return [
        Warning(
            f"{_name_of(kind)} has no may_subscribe(), so nobody may be in its channels.",
            hint="Define may_subscribe(self, user) and return True for those who may.",
            id=f"{_APP}.W019",
        )
        for kind in declared_kinds()
        if getattr(kind, "may_subscribe", None) is Channel.may_subscribe
    ]


def check_channels_can_be_named(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W022: clients may subscribe to a kind of channel, and no view takes its names."""
    views = find_socket_views()
    return [
        Warning(
            f"{_name_of(kind)} has the pattern {str(kind.compiled_pattern)!r}, and no view takes "
            "such names from clients.",
            hint="Use letters, digits, '_' and '-' in the pattern, such as 'room-<int:pk>', or let "
            "CHANNEL_NAME_PATTERN of the view match its names.",
            id=f"{_APP}.W022",
        )
        for kind in declared_kinds()
        if views and _is_for_clients(kind) and not any(_may_take(view, kind) for view in views)
    ]


def check_relay_has_run(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report W018: there is presence and somebody is connected, and no relay announces who left."""
    alias = router.db_for_write(RelayTask)
    if alias not in (databases or ()) or not has_presence():
        return []
    if not _has_tables(alias) or not _is_relay_missed(alias):
        return []
    return [
        Warning(
            "Channels have presence, and websocketRelay has not run for five minutes: nobody is "
            "told who has left after the grace, nor of connections that are gone without a word.",
            hint="Run `manage.py websocketRelay` beside Django, or `manage.py websocketRelay "
            "--once` each minute with cron.",
            id=f"{_APP}.W018",
        )
    ]


def _is_for_clients(kind: Any) -> bool:
    # Without a rule only Python lets somebody in, and that needs no view.
    is_ruled = getattr(kind, "may_subscribe", None) is not Channel.may_subscribe
    return is_ruled and bool(kind.compiled_pattern.example)


def _may_take(view: RoutedView, kind: Any) -> bool:
    """Tell whether a view may take a name of this kind, if only one that nobody has thought of."""
    pattern = value_of(view, "CHANNEL_NAME_PATTERN")
    longest = value_of(view, "MAX_CHANNEL_NAME_LENGTH")
    if not isinstance(pattern, re.Pattern) or not isinstance(pattern.pattern, str):
        return True
    if not is_count(longest):
        return True
    # The example is as short as a name can be, and only our own pattern takes any value once it
    # takes one; another may want long numbers, or words of a list.
    is_sure = (
        pattern == WebSocketView.CHANNEL_NAME_PATTERN or not kind.compiled_pattern.parameter_names
    )
    return is_channel_name(
        kind.compiled_pattern.example, pattern if is_sure else _ANY_TEXT, longest
    )


def _explain_overlap(one: Any, other: Any) -> CheckMessage:
    patterns = f"{_name_of(one)} ({one.pattern!r}) and {_name_of(other)} ({other.pattern!r})"
    both = one.compiled_pattern, other.compiled_pattern
    unknown = [name for pattern in both for name in pattern.own_converters]
    if unknown:
        return Warning(
            f"The patterns of {patterns} may match one name: nobody but the project knows what "
            f"the converter {unknown[0]!r} matches.",
            hint="Begin each pattern with a word of its own, or silence this check if no name "
            "matches both.",
            id=f"{_APP}.W017",
        )
    return Error(
        f"The patterns of {patterns} match one name: its rules would be those of the first.",
        hint="Begin each pattern with a word of its own, such as 'room-<int:pk>' and "
        "'board-<slug:slug>'.",
        id=f"{_APP}.E005",
    )


def _is_relay_missed(alias: str) -> bool:
    since = timezone.now() - _RUN_WITHIN
    tasks = RelayTask.objects.using(alias)
    if tasks.filter(name="presence", done_on__gt=since).exists():
        return False
    return WebSocketSession.objects.using(alias).filter(connected=True).exists()


def _has_tables(alias: str) -> bool:
    """Tell whether the database is migrated: `migrate` runs the checks of databases first."""
    present = set(connections[alias].introspection.table_names())
    return {RelayTask._meta.db_table, WebSocketSession._meta.db_table} <= present


def _name_of(kind: Any) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
