"""Each way to route a view, and whether the paths that API Gateway calls lead to it."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.urls import clear_url_caches, include, path, re_path
from django.utils import translation

from django_aws_api_gateway_websockets.receiving.called_paths import (
    CalledPaths,
    explain_base_path,
    find_called_paths,
)
from django_aws_api_gateway_websockets.receiving.routed_views import find_socket_views
from tests.checks.reports import ids, text_of
from tests.project.views import OpenView

LOCALE = "django.middleware.locale.LocaleMiddleware"

urlpatterns = []
view = OpenView.as_view()


def page(request, **kwargs):
    return HttpResponse()


@pytest.fixture
def route(settings, monkeypatch):
    """Put URLs in place of the project's."""
    settings.ROOT_URLCONF = __name__

    def put(*patterns):
        monkeypatch.setitem(globals(), "urlpatterns", list(patterns))
        clear_url_caches()

    yield put
    clear_url_caches()


def called() -> CalledPaths:
    return find_called_paths(find_socket_views()[0])


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        (path("ws/<slug:route>", view), "/ws/"),
        (path("<slug:route>", view), "/"),
        (path("ws/<route>", view), "/ws/"),
        (path("ws-<slug:route>", view), "/ws-"),
        (path("a b/<slug:route>", view), "/a%20b/"),
        (re_path(r"^ws/(?P<route>[-\w]+)$", view), "/ws/"),
        (re_path(r"^ws/(?P<route>connect|disconnect|default)/?$", view), "/ws/"),
        (re_path(r"^(?:v1/)?ws/(?P<route>\w+)$", view), "/ws/"),
        (path("chat/", include([re_path(r"^ws/(?P<route>\w+)$", view)])), "/chat/ws/"),
        (path("chat/", include(([path("ws/<slug:route>", view)], "chat"))), "/chat/ws/"),
    ],
)
def test_the_address_of_a_view_is_what_the_urlconf_leads_to_it(route, pattern, base):
    route(pattern)

    assert called() == CalledPaths(base)
    assert ids() == []


@pytest.mark.parametrize(
    ("patterns", "problem", "hint"),
    [
        ([path("ws/<slug:route>/", view)], "'/' follows the route", "remove '/' after it"),
        ([re_path(r"^ws/(?P<route>\w+)/end$", view)], "'/end' follows", "remove '/end' after it"),
        ([path("ws/<int:route>", view)], "no URL matches '/ws/connect'", "Use <slug:route>"),
        ([path("ws/<uuid:route>", view)], "no URL matches '/ws/connect'", "Use <slug:route>"),
        ([re_path(r"^ws/(?P<route>connect)$", view)], "no URL matches '/ws/disconnect'", "Use <"),
        (
            [path("ws/<slug:name>", page), path("ws/<slug:route>", view)],
            "'/ws/connect' leads to tests.receiving.test_called_paths.page",
            "put the URL above",
        ),
    ],
)
def test_a_view_that_would_get_no_events_is_told_the_reason(route, patterns, problem, hint):
    route(*patterns)

    assert problem in called().problem
    assert hint in called().hint
    assert ids() == ["W015"]
    assert problem in text_of("W015")


def test_a_value_in_the_url_is_left_to_records_made_by_hand(route):
    route(path("<slug:tenant>/ws/<slug:route>", view))

    assert called().needs_values == ("tenant",)
    assert "Create an ApiGateway for each value of 'tenant'" in called().hint
    assert ids() == ["I001"]
    assert explain_base_path("/acme/ws/", OpenView) == ""


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        (path("ws/<slug:slug>", view), "Rename 'slug' to 'route': path('ws/<slug:route>', …)."),
        (path("ws/<name>", view), "Rename 'name' to 'route': path('ws/<route>', …)."),
        (path("ws/<slug:slug>/", view), "Rename 'slug' to 'route': path('ws/<slug:route>', …)."),
        (re_path(r"^ws/(?P<slug>\w+)$", view), "(?P<slug>…) becomes (?P<route>…)."),
        (re_path(r"^ws/(\w+)$", view), r"Let the URL end with (?P<route>[-\w]+)$."),
        (path("<slug:tenant>/ws/", view), "Use path('<slug:tenant>/ws/<slug:route>', …)."),
        (path("ws/", view), "Use path('ws/<slug:route>', …)."),
    ],
)
def test_w006_says_what_to_change_in_this_url(route, pattern, hint):
    route(pattern)

    assert ids() == ["W006"]
    assert hint in text_of("W006")


@pytest.mark.parametrize(("middleware", "base"), [([LOCALE], "/en/ws/"), ([], "/en-us/ws/")])
def test_a_language_in_the_url_is_the_one_django_will_speak(route, settings, middleware, base):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *middleware]
    settings.LANGUAGE_CODE = "en-us"
    route(*i18n_patterns(path("ws/<slug:route>", view)))

    assert called() == CalledPaths(base)


@pytest.mark.parametrize("values", [{"USE_I18N": False}, {"LANGUAGES": [("de", "German")]}])
def test_a_project_with_other_languages_or_none_can_be_checked(
    route, settings, values, monkeypatch
):
    # Django looks at USE_I18N at the first call of each function, and keeps what it has found.
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, LOCALE]
    for name, value in values.items():
        setattr(settings, name, value)
    route(path("ws/<slug:route>", view))

    assert called() == CalledPaths("/ws/")


def test_one_good_url_is_enough_for_a_view(route):
    route(path("ws/<slug:route>", view), path("old-ws/<slug:route>/", view))

    assert ids() == []


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        (path("other/<slug:route>", view), "no URL matches '/ws/connect'"),
        (path("ws/<slug:name>", page), "leads to tests.receiving.test_called_paths.page"),
        (path("ws/<slug:name>", view), "does not tell the view its route"),
        (path("ws/<slug:route>", view, {"route": "connect"}), "'/ws/disconnect' does not tell"),
    ],
)
def test_an_address_that_leads_to_no_view_is_explained(route, pattern, problem):
    route(pattern)

    assert problem in explain_base_path("/ws/")
