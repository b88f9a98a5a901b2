import functools

import pytest
from django.urls import clear_url_caches, path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from tests.checks.reports import ids, text_of
from tests.project.views import OpenView

urlpatterns = [path("chat/", OpenView.as_view())]


def hidden(view):
    """Wrap a view as many decorators do, with no attribute that leads back to it."""

    def decorated(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    return decorated


class Wrapper:
    """A decorator that is a class."""

    def __init__(self, view):
        self.view = view
        self.itself = self.serve

    def __call__(self, request, *args, **kwargs):
        return self.view(request, *args, **kwargs)

    def serve(self, request, *args, **kwargs):
        return self.view(request, *args, **kwargs)


class Holder:
    """A decorator with one attribute, in a slot, and a method in place of a call."""

    __slots__ = ("view",)

    def __init__(self, view):
        self.view = view

    def serve(self, request, *args, **kwargs):
        return self.view(request, *args, **kwargs)


CLOSED = {"ALLOW_UNLISTED_CHANNELS": False, "ALLOWED_HANDLERS": {"shout"}}
DECORATORS = {
    "none": lambda view: view,
    "hiding": hidden,
    "hiding twice": lambda view: hidden(hidden(view)),
    "partial": lambda view: functools.partial(view, extra=1),
    "an object": Wrapper,
    "a method": lambda view: Wrapper(view).serve,
    "a method of an object with slots": lambda view: Holder(view).serve,
    "several": lambda view: hidden(Wrapper(functools.partial(Holder(view).serve))),
    "Django's": lambda view: never_cache(csrf_exempt(view)),
}


@pytest.mark.parametrize("decorator", DECORATORS.values(), ids=DECORATORS)
def test_w006_sees_views_below_decorators_too(settings, monkeypatch, decorator):
    settings.ROOT_URLCONF = __name__
    view = decorator(OpenView.as_view())
    monkeypatch.setitem(globals(), "urlpatterns", [path("chat/", view), path("none/", len)])
    clear_url_caches()

    assert ids() == ["W006"]


def test_w006_a_view_routed_without_the_slug_never_hears_of_connections(settings):
    settings.ROOT_URLCONF = __name__

    assert ids() == ["W006"]
    assert "path('chat/<slug:route>', …)" in text_of("W006")


def test_a_project_without_urls_can_be_checked(settings):
    del settings.ROOT_URLCONF

    assert ids(deploy=True) == ["W001"]


def test_w004_and_w005_name_open_channels_and_handlers(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__

    assert {"W004", "W005"} <= set(ids(deploy=True))
    assert "broken, shout, silent" in text_of("W005").replace("change_channel, default, ", "")
    monkeypatch.setattr(OpenView, "ALLOW_UNLISTED_CHANNELS", False)
    monkeypatch.setattr(OpenView, "ALLOWED_HANDLERS", {"shout"})
    assert not {"W004", "W005"} & set(ids(deploy=True))


@pytest.mark.parametrize("decorator", DECORATORS.values(), ids=DECORATORS)
def test_w004_and_w005_see_views_below_decorators_and_arguments_of_as_view(
    settings, monkeypatch, decorator
):
    settings.ROOT_URLCONF = __name__
    clear_url_caches()

    def route(**initkwargs) -> set[str]:
        view = decorator(OpenView.as_view(**initkwargs))
        monkeypatch.setitem(globals(), "urlpatterns", [path("chat/<slug:route>", view)])
        clear_url_caches()
        return {"W004", "W005"} & set(ids(deploy=True))

    assert route() == {"W004", "W005"}
    assert route(**CLOSED) == set()
    assert route(ALLOWED_HANDLERS={"shout"}) == {"W004"}
    monkeypatch.setattr(OpenView, "ALLOWED_HANDLERS", {"shout"})
    assert route(ALLOW_UNLISTED_CHANNELS=False) == set()
    assert route(ALLOWED_HANDLERS=(), ALLOW_UNLISTED_CHANNELS=False) == {"W005"}
