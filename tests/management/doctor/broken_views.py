"""Views and URLs in which something is wrong, as projects write them."""

from types import ModuleType
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from tests.project.views import LiveView, TokenView


class SundayView(LiveView):
    def _additional_connection_checks(self, request, *args, **kwargs):
        return False, "Closed on Sundays."


class FailingView(LiveView):
    def connect(self, request, *args, **kwargs):
        raise ZeroDivisionError("a bug")


class ForgetfulView(LiveView):
    def connect(self, request, *args, **kwargs):
        return JsonResponse({})


class ClosedView(LiveView):
    ALLOW_UNLISTED_CHANNELS = False


class OnceView(LiveView):
    RATE_LIMIT_ENABLED = True
    RATE_LIMIT_MAX_ATTEMPTS = 1


class GetView(LiveView):
    http_method_names = ("get",)


class LeavingView(LiveView):
    def leave(self, request, *args, **kwargs):
        self.websocket_session.close()


live = LiveView.as_view()


@csrf_exempt
def wants_cookie(request: Any, **kwargs: Any) -> HttpResponse:
    """Judge messages by a cookie that they do not have."""
    if kwargs["route"] != "connect" and not request.COOKIES:
        return HttpResponseRedirect("/accounts/login/?next=/live-ws/")
    return live(request, **kwargs)


def without_marks(request: Any, **kwargs: Any) -> HttpResponse:
    """Hide the marks of the view, as a decorator without functools.wraps does."""
    return live(request, **kwargs)


def urls(*patterns: Any) -> ModuleType:
    """Make a module of URLs."""
    module = ModuleType("broken_urls")
    module.urlpatterns = list(patterns)
    return module


def at_live(view: Any) -> ModuleType:
    """Route a view where the API of the tests calls."""
    return urls(path("live-ws/<slug:route>", view))


LOGIN_REQUIRED = at_live(login_required(live))
ELSEWHERE = urls(path("moved-ws/<slug:route>", live))
WITHOUT_SLUG = urls(path("live-ws/<slug:slug>", live))
WITHOUT_TOKEN_VIEW = urls(path("token-ws/<slug:route>", TokenView.as_view()))
EMPTY = urls()
TWO_VIEWS = urls(
    path("live-ws/<slug:route>", live), path("token-ws/<slug:route>", TokenView.as_view())
)
PINNED = urls(path("pinned-ws/<slug:route>", LiveView.as_view(aws_api_gateway_id="abc")))
