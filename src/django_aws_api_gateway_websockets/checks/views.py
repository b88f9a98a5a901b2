"""Checks of the socket views a project has routed: their routes, handlers and channels."""

from typing import Any, Final

from django.core.checks import (
    CheckMessage,
    Info,
    Warning,  # noqa: A004 - the name Django gives it.
)

from ..receiving.called_paths import CalledPaths, find_called_paths, slug_hint
from ..receiving.invoke import find_async_methods, get_transactional_databases
from ..receiving.routed_views import RoutedView, find_socket_views
from .plain_values import UNKNOWN, is_on, names_of, value_of

__all__ = [
    "check_async_handlers_have_no_transaction",
    "check_handlers_are_listed",
    "check_routes_are_reached",
    "check_routes_have_the_slug",
    "check_unlisted_channels_are_refused",
]

_APP: Final = "django_aws_api_gateway_websockets"


def check_unlisted_channels_are_refused(
    app_configs: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report W004: a channel without a rule is open to every client that names it."""
    open_views = [
        view.view_class for view in find_socket_views() if is_on(view, "ALLOW_UNLISTED_CHANNELS")
    ]
    return [
        Warning(
            f"{view_class.__name__} lets clients join every channel that has no rule, "
            "neither a declared kind nor a ChannelPermission.",
            hint="Set ALLOW_UNLISTED_CHANNELS = False and declare the channels or give each a "
            "ChannelPermission, or override can_join_channel().",
            id=f"{_APP}.W004",
        )
        for view_class in dict.fromkeys(open_views)
    ]


def check_handlers_are_listed(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W005: clients can call every public method of the view."""
    callable_names: dict[Any, frozenset[str]] = {}
    for view in find_socket_views():
        known = callable_names.get(view.view_class, frozenset())
        if names := _unlisted_handlers(view):
            callable_names[view.view_class] = known | names
    return [
        Warning(
            f"{view_class.__name__} does not list its handlers, so clients can call: "
            f"{', '.join(sorted(names))}.",
            hint="Set ALLOWED_HANDLERS to the names clients may call.",
            id=f"{_APP}.W005",
        )
        for view_class, names in callable_names.items()
        if names - view_class.BASE_HANDLERS
    ]


def _unlisted_handlers(view: RoutedView) -> frozenset[str]:
    """Name what clients can call of a view that lists nothing; empty where nobody can tell."""
    view_class: Any = view.view_class
    added = names_of(view, "ADDITIONAL_ALLOWED_HANDLERS")
    listed = value_of(view, "ALLOWED_HANDLERS")
    if listed is UNKNOWN or listed or added is None:
        return frozenset()
    try:
        found: frozenset[str] = view_class.automatic_handlers()
    except TypeError:
        # The class has a list of a wrong kind, although as_view() is given another.
        return frozenset()
    return found | frozenset(added)


def check_routes_have_the_slug(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W006: a view that gets messages, but never learns of a connection."""
    views = find_socket_views()
    with_slug = {view.view_class for view in views if view.has_route_slug}
    return [
        Warning(
            f"{view.view_class.__name__} is routed at '{view.path}' without a slug named 'route', "
            "so it never hears of connects and disconnects.",
            hint=(
                f"{slug_hint(view)} If the view serves nothing but an additional route, add this "
                "id to SILENCED_SYSTEM_CHECKS."
            ),
            id=f"{_APP}.W006",
        )
        for view in views
        if view.view_class not in with_slug
    ]


def check_routes_are_reached(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W015 and I001: the URLs API Gateway calls lead elsewhere, or are not known by now."""
    found = [(view, find_called_paths(view)) for view in find_socket_views()]
    reached = {view.view_class for view, called in found if called.base}
    return [
        _explain_unreached(view, called)
        for view, called in found
        # A view without the slug is W006's.
        if view.view_class not in reached and view.has_route_slug
    ]


def _explain_unreached(view: RoutedView, called: CalledPaths) -> CheckMessage:
    text = f"{view.view_class.__name__} gets no events from API Gateway: {called.problem}."
    if called.needs_values:
        # It is no mistake: records made by hand have the address of each value.
        return Info(text, hint=called.hint, id=f"{_APP}.I001")
    return Warning(text, hint=called.hint, id=f"{_APP}.W015")


def check_async_handlers_have_no_transaction(
    app_configs: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report W008: `ATOMIC_REQUESTS` is set, and async methods get no transaction."""
    if not get_transactional_databases():
        return []
    return [
        Warning(
            f"{view_class.__name__} has async methods, around which ATOMIC_REQUESTS begins no "
            f"transaction: {', '.join(sorted(names))}.",
            hint="Put what belongs together into a function with transaction.atomic(), and call it "
            "through sync_to_async.",
            id=f"{_APP}.W008",
        )
        for view_class in dict.fromkeys(view.view_class for view in find_socket_views())
        if (names := find_async_methods(view_class))
    ]
