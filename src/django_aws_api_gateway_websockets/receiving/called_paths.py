"""The paths API Gateway calls for the events of an API, and the views that are really behind them.

API Gateway appends the name of an event to an address. Whether a view gets those events is decided
by the URLconf alone, so it is asked with the very paths that will be called.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation
from django.utils.regex_helper import normalize

from .routed_views import ROUTE_KWARG, RoutedView, find_language, find_socket_class

__all__ = [
    "EVENTS",
    "CalledPaths",
    "explain_base_path",
    "find_called_paths",
    "find_match",
    "slug_hint",
]

EVENTS: Final = ("connect", "disconnect", "default")
"""Names that follow the address of an API: of a connect, a disconnect, and every message."""


@dataclass(frozen=True, slots=True)
class CalledPaths:
    """The address at which a view gets all its events, or the reason why there is none."""

    base: str
    """Path up to the event, as it belongs into `target_base_endpoint`; "" where there is none."""
    problem: str = ""
    """The reason why no API can call the view; "" when one can."""
    hint: str = ""
    """The change that removes the problem."""
    needs_values: tuple[str, ...] = ()
    """Other arguments in the URL, for whose values people make records of their own."""


def find_called_paths(view: RoutedView) -> CalledPaths:
    """Find the address at which the URLconf leads all events to this view."""
    if not view.has_route_slug:
        return CalledPaths("", "its URL has no slug named 'route'", slug_hint(view))
    form, parameters = _form_of(view.regex)
    others = tuple(name for name in parameters if name != ROUTE_KWARG)
    if others:
        return _explain_other_values(view, others)
    if ROUTE_KWARG not in parameters:
        form = form.removesuffix(str(view.defaults[ROUTE_KWARG])) + f"%({ROUTE_KWARG})s"
    base, _, rest = form.partition(f"%({ROUTE_KWARG})s")
    if rest:
        return CalledPaths(
            "",
            f"'{rest}' follows the route in its URL, and API Gateway calls "
            f"'/{base}connect' without it",
            f"Let the URL end with the route: remove '{rest}' after it.",
        )
    base = f"/{base.replace('%%', '%')}"
    problem = explain_base_path(base, view.view_class)
    hint = "Use <slug:route> for it, and put the URL above those that match the same paths."
    return CalledPaths("", problem, hint) if problem else CalledPaths(quote(base))


def explain_base_path(base: str, view_class: type | None = None) -> str:
    """Say why events at an address do not reach a view; "" when all of them do.

    Args:
        base: path up to the name of the event.
        view_class: the view they are to reach; None for any `WebSocketView`.
    """
    for event in EVENTS:
        path = f"{base}{event}"
        match = find_match(path)
        if match is None:
            return f"no URL matches '{path}'"
        found = find_socket_class(match.func)
        if found is None or (view_class is not None and found is not view_class):
            return f"'{path}' leads to {_name_of(match.func)}"
        if match.kwargs.get(ROUTE_KWARG) != event:
            return f"the URL of '{path}' does not tell the view its route"
    return ""


def find_match(path: str) -> ResolverMatch | None:
    """Find what Django serves at a path; None for nothing."""
    try:
        with translation.override(find_language(path)):
            return resolve(path)
    except Resolver404:
        return None


def slug_hint(view: RoutedView) -> str:
    """Say how a URL without a `route` gets one: by another name of its last argument, or by one
    more.
    """
    name = view.parameters[-1] if view.parameters else ""
    for ending in (f":{name}>", f"<{name}>"):
        if name and view.path.rstrip("/").endswith(ending):
            corrected = view.path.rstrip("/").removesuffix(f"{name}>") + f"{ROUTE_KWARG}>"
            return f"Rename '{name}' to 'route': path('{corrected}', …)."
    if name and f"(?P<{name}>" in view.path:
        return f"Rename '{name}' to 'route': (?P<{name}>…) becomes (?P<route>…)."
    if "(" in view.path or view.path.endswith("$"):
        return r"Let the URL end with (?P<route>[-\w]+)$."
    return f"Use path('{view.path.rstrip('/')}/<slug:route>', …)."


def _form_of(regex: str) -> tuple[str, list[str]]:
    """Return a path that the expression matches, with `%(name)s` for its arguments."""
    form, parameters = normalize(regex)[0]
    return form, list(parameters)


def _explain_other_values(view: RoutedView, others: tuple[str, ...]) -> CalledPaths:
    names = ", ".join(repr(name) for name in others)
    return CalledPaths(
        "",
        f"its URL '{view.path}' also has {names}, and API Gateway calls one fixed address",
        f"Create an ApiGateway for each value of {names}, with the address up to the route as its "
        f"target_base_endpoint, or take {names} out of the URL.",
        needs_values=others,
    )


def _name_of(callback: Any) -> str:
    shown = getattr(callback, "view_class", callback)
    name = getattr(shown, "__qualname__", type(shown).__qualname__)
    return f"{getattr(shown, '__module__', '')}.{name}"
