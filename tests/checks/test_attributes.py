"""The checks of what a routed view says about itself."""

import re

import pytest
from django.urls import clear_url_caches, path

from django_aws_api_gateway_websockets.views import WebSocketTokenView, WebSocketView
from tests.checks.reports import ids, text_of

urlpatterns = []


class PlainView(WebSocketView):
    USE_WS_TOKEN = False
    ALLOW_UNLISTED_CHANNELS = False

    def shout(self, request, *args, **kwargs):
        pass


@pytest.fixture
def route(settings, monkeypatch):
    """Routes one view with these attributes, and others beside it."""
    settings.ROOT_URLCONF = __name__

    def make(*others, base=PlainView, **attributes):
        view = type("ChatView", (base,), attributes)
        monkeypatch.setitem(
            globals(), "urlpatterns", [path("ws/<slug:route>", view.as_view()), *others]
        )
        clear_url_caches()
        return view

    yield make
    clear_url_caches()


class MadeUp(WebSocketView):
    USE_WS_TOKEN = False

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"ALLOWED_HANDLERS": "shout"}, "ChatView.ALLOWED_HANDLERS must be a list or a set of"),
        ({"ALLOWED_HANDLERS": True}, "ChatView.ALLOWED_HANDLERS must be a list or a set of names"),
        ({"ALLOWED_HANDLERS": [len]}, "ALLOWED_HANDLERS must have nothing but texts in it."),
        ({"permissions_required": "blog.add_post"}, "such as ['blog.add_post']."),
        ({"route_selection_key": 7}, "route_selection_key must be a text, such as 'action'."),
        ({"handler_selection_key": ["a"]}, "handler_selection_key must be a text"),
        ({"CHANNEL_NAME_PATTERN": "^[a-z]+$"}, "must be made with re.compile(), and is '^[a-z]+$'"),
        ({"CHANNEL_NAME_PATTERN": re.compile(b"a")}, "CHANNEL_NAME_PATTERN must be made with"),
        ({"MAX_BODY_SIZE": "1000"}, "MAX_BODY_SIZE must be a whole number of bytes, 1 or more."),
        ({"MAX_CHANNEL_NAME_LENGTH": 0}, "MAX_CHANNEL_NAME_LENGTH must be a whole number"),
        ({"EXCEPTION_MAIL_INTERVAL": True}, "EXCEPTION_MAIL_INTERVAL must be a number of seconds"),
    ],
)
def test_e006_a_value_of_the_wrong_kind_is_named(route, attributes, said):
    route(**attributes)

    assert "E006" in ids()
    assert said in text_of("E006")


@pytest.mark.parametrize(
    "attributes",
    [
        {"ALLOWED_HANDLERS": property(lambda self: {"shout"})},
        {"ALLOWED_HANDLERS": ("shout",), "permissions_required": {"blog.add_post"}},
        {"route_selection_key": None, "handler_selection_key": "type"},
        {"CHANNEL_NAME_PATTERN": re.compile("^.+$"), "EXCEPTION_MAIL_INTERVAL": 0.5},
    ],
)
def test_e006_leaves_what_is_well_or_is_known_in_a_request_only(route, attributes):
    route(**attributes)

    assert "E006" not in ids()


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"ALLOWED_HANDLERS": {"shuot"}}, "'shuot', and has no such method. Did you mean 'shout'?"),
        ({"ALLOWED_HANDLERS": ["_secret"]}, "no client can call what begins with an underscore"),
        ({"ADDITIONAL_ALLOWED_HANDLERS": ["dispatch"]}, "'dispatch', which is a method"),
        ({"ALLOWED_HANDLERS": {"connect"}}, "'connect', which is a method of the view's own work"),
        ({"ALLOWED_HANDLERS": {"publish"}}, "'publish', and has no such method"),
        ({"ALLOWED_HANDLERS": {"debug"}}, "'debug', and has no such method"),
    ],
)
def test_w020_a_listed_handler_that_is_none_is_named(route, attributes, said):
    route(**attributes)

    assert "W020" in ids()
    assert said in text_of("W020")


def test_w020_leaves_handlers_that_are_there(route):
    own = {"publish": lambda self, request: None}
    names = {"shout", "default", "change_channel", "publish"}
    route(**own, ALLOWED_HANDLERS=names)
    assert "W020" not in ids()

    route(base=MadeUp, ALLOWED_HANDLERS={"anything"})
    assert "W020" not in ids()


LOGIN = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


@pytest.mark.parametrize("missing", LOGIN)
def test_w021_tokens_need_to_know_who_has_logged_in(route, settings, missing):
    settings.MIDDLEWARE = [name for name in LOGIN if name != missing]
    route(USE_WS_TOKEN=True)

    assert "W021" in ids()
    assert missing in text_of("W021")


def test_w021_is_quiet_with_other_packages_and_without_tokens(route, settings):
    settings.MIDDLEWARE = []
    route()
    assert "W021" not in ids()

    settings.MIDDLEWARE = LOGIN
    route(USE_WS_TOKEN=True)
    assert "W021" not in ids()


def test_w021_knows_middleware_of_others_by_its_name(settings, route):
    settings.MIDDLEWARE = [f"{__name__}.our_session_middleware", f"{__name__}.our_auth"]
    route(USE_WS_TOKEN=True)

    assert "W021" not in ids()


def our_session_middleware(get_response):
    return get_response


our_auth = our_session_middleware


def test_i002_tokens_can_be_fetched_nowhere(route):
    route(USE_WS_TOKEN=True)
    assert "I002" in ids()
    assert "Add path('ws/token/', WebSocketTokenView.as_view())" in text_of("I002")

    route(path("token/", WebSocketTokenView.as_view()), USE_WS_TOKEN=True)
    assert "I002" not in ids()

    route()
    assert "I002" not in ids()
