"""Code that judges by a cookie is found before a socket goes deaf; Django's lets messages pass."""

import functools
import json

import pytest
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django.test import Client
from django.urls import clear_url_caches, path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.views import WebSocketTokenView
from tests import events
from tests.checks.reports import ids, text_of
from tests.project.views import OpenView


class BehindLogin(LoginRequiredMixin, OpenView):
    pass


class BehindPermission(PermissionRequiredMixin, OpenView):
    permission_required = "auth.add_user"


class WithDispatch(OpenView):
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)


@method_decorator(login_required, name="dispatch")
class DecoratedDispatch(OpenView):
    pass


class OwnDispatch(OpenView):
    @method_decorator(permission_required("auth.add_user", raise_exception=True))
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)


@method_decorator(login_required, name="dispatch")
class DecoratedAsync(OpenView):
    async def shout(self, request, *args, **kwargs):
        pass


class AsksInDispatch(OpenView):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class NeedsDatabase(OpenView):
    def dispatch(self, request, *args, **kwargs):
        WebSocketSession.objects.count()
        return super().dispatch(request, *args, **kwargs)


class AsyncView(OpenView):
    async def shout(self, request, *args, **kwargs):
        pass


def hide(view):
    """Decorate without a word about what is decorated."""

    def called(*args, **kwargs):
        return view(*args, **kwargs)

    return called


urlpatterns = []


@pytest.fixture
def routed(settings):
    def route(*patterns):
        urlpatterns[:] = patterns
        settings.ROOT_URLCONF = __name__
        clear_url_caches()

    yield route
    clear_url_caches()


def demand_login(get_response):
    """A middleware as many projects have: nobody passes without a login."""

    def middleware(request):
        if not request.user.is_authenticated and not request.path.startswith("/login"):
            return redirect(f"/login/?next={request.path}")
        return get_response(request)

    return middleware


class DemandLoginOfViews:
    """A middleware that looks at the view."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if getattr(view, "login_required", True) and not request.user.is_authenticated:
            return HttpResponseForbidden("Log in first")
        return None


def respond_without_cookie(status):
    """Make a middleware that has a page of its own for strangers."""

    def make(get_response):
        def middleware(request):
            if "sessionid" not in request.COOKIES:
                return HttpResponse("Who are you?", status=status)
            return get_response(request)

        return middleware

    return make


respond_200, respond_400, respond_404 = map(respond_without_cookie, [200, 400, 404])


class DenyByException:
    """A middleware that raises what Django responds to."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not request.user.is_authenticated:
            raise PermissionDenied


def rewrite(get_response):
    """A middleware that looks at requests, and makes each response anew."""

    def middleware(request):
        return HttpResponse(get_response(request).content)

    return middleware


def fail(get_response):
    def middleware(request):
        raise RuntimeError("this middleware needs a cache that is away")

    return middleware


def maintain(get_response):
    return lambda request: HttpResponse(status=503)


def with_middleware(settings, name):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.{name}"]


@pytest.mark.parametrize("routed_at", ["ws/<slug:route>", "<slug:tenant>/ws/<slug:route>"])
def test_a_middleware_that_demands_a_login_is_reported(routed, settings, routed_at):
    routed(path(routed_at, OpenView.as_view()))
    with_middleware(settings, "demand_login")

    assert "W016" in ids()
    assert "responds with 302 to /login/" in text_of("W016")
    assert f"OpenView at '{routed_at}'" in text_of("W016")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("respond_200", 200),
        ("respond_400", 400),
        ("respond_404", 404),
        ("DenyByException", 403),
    ],
)
def test_a_middleware_that_responds_itself_to_a_request_without_cookie_is_reported(
    routed, settings, name, status
):
    routed(path("ws/<slug:route>", OpenView.as_view()))
    with_middleware(settings, name)

    assert f"the project's middleware responds with {status}. " in text_of("W016")


@pytest.mark.parametrize("name", ["DemandLoginOfViews", "rewrite", "fail", "maintain"])
def test_a_middleware_that_lets_a_marked_view_pass_or_fails_otherwise_is_not(
    routed, settings, name
):
    routed(path("ws/<slug:route>", OpenView.as_view()))
    with_middleware(settings, name)

    assert "W016" not in ids()


@pytest.mark.parametrize("view_class", [BehindLogin, BehindPermission])
def test_a_mixin_that_asks_each_request_for_a_user_is_reported(routed, view_class):
    routed(path("ws/<slug:route>", view_class.as_view()))

    assert f"its {view_class.__mro__[1].__name__} asks" in text_of("W016")


@pytest.mark.parametrize("decorate", [login_required, permission_required("auth.add_user")])
def test_a_decorator_of_django_that_asks_for_a_user_is_reported(routed, decorate):
    routed(path("ws/<slug:route>", decorate(OpenView.as_view())))

    assert "a decorator of django.contrib.auth" in text_of("W016")


@pytest.mark.parametrize(
    ("view_class", "response"),
    [
        (DecoratedDispatch, "302 to /accounts/login/"),
        (DecoratedAsync, "302 to /accounts/login/"),
        (OwnDispatch, "403"),
        (AsksInDispatch, "404"),
    ],
)
def test_a_dispatch_that_asks_for_a_user_is_reported(routed, view_class, response):
    routed(path("ws/<slug:route>", view_class.as_view()))

    assert f"a decorator, or its own dispatch(), responds with {response}. " in text_of("W016")


@pytest.mark.parametrize("above", [never_cache, hide])
@pytest.mark.parametrize("view_class", [OpenView, AsyncView])
def test_a_decorator_below_another_one_is_reported(routed, above, view_class):
    routed(path("ws/<slug:route>", above(login_required(view_class.as_view()))))

    assert "a decorator, or its own dispatch(), responds with 302" in text_of("W016")


@pytest.mark.parametrize(
    "view",
    [
        WithDispatch.as_view(),
        AsyncView.as_view(),
        NeedsDatabase.as_view(),
        never_cache(OpenView.as_view()),
        never_cache(AsyncView.as_view()),
        hide(OpenView.as_view()),
        functools.partial(OpenView.as_view()),
    ],
)
@pytest.mark.parametrize("routed_at", ["ws/<slug:route>", "<int:tenant>/ws/<slug:route>"])
def test_a_view_that_is_reached_or_that_fails_is_not_reported(routed, caplog, view, routed_at):
    routed(path(routed_at, view))

    assert "W016" not in ids()
    assert caplog.text == ""


@pytest.mark.django_db
@pytest.mark.parametrize("view_class", [OpenView, WithDispatch])
def test_djangos_middleware_for_logins_lets_events_pass_and_no_token(
    routed, settings, api_gateway, view_class
):
    routed(path("ws/<slug:route>", view_class.as_view()), path("t/", WebSocketTokenView.as_view()))
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    strict = Client(enforce_csrf_checks=True)

    assert "W016" not in ids()
    assert events.connect(strict).status_code == 200
    assert json.loads(events.message(strict, {"handler": "default"}).content)["handler"]
    assert events.disconnect(strict).status_code == 200
    assert not WebSocketSession.objects.get().connected
    assert Client().post("/t/").status_code == 302
