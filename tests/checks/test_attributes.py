"""The checks of what a routed view says about itself."""

import re
from decimal import Decimal

import pytest
from django.urls import clear_url_caches, path

from django_aws_api_gateway_websockets.channels import Channel
from django_aws_api_gateway_websockets.channels.registry import unregister
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
        ({"ALLOWED_HANDLERS": map(str, [])}, "ALLOWED_HANDLERS must be a list, a tuple or a set"),
        ({"EXCEPTION_MAIL_INTERVAL": float("inf")}, "EXCEPTION_MAIL_INTERVAL must be a number of"),
        ({"EXCEPTION_MAIL_INTERVAL": Decimal("NaN")}, "EXCEPTION_MAIL_INTERVAL must be a number"),
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
        {"EXCEPTION_MAIL_INTERVAL": Decimal(5)},
    ],
)
def test_e006_leaves_what_is_well_or_is_known_in_a_request_only(route, attributes):
    route(**attributes)

    assert "E006" not in ids()


def test_e006_uses_no_iterator_up(route):
    names = (name for name in ["shout"])
    route(ALLOWED_HANDLERS=names, ADDITIONAL_ALLOWED_HANDLERS=names)

    ids(deploy=True)

    assert list(names) == ["shout"]


class Raising:
    """A descriptor that has no value, not even on the class."""

    def __get__(self, view, owner):
        raise RuntimeError("This is known to nobody.")


def fail(view):
    raise RuntimeError("This is known in a request only.")


@pytest.fixture
def declared():
    """Declares a kind of channel that clients may subscribe to."""
    kind = type("Room", (Channel,), {"pattern": "room-<int:pk>", "may_subscribe": lambda *_: True})
    yield kind
    unregister(kind)


ODD_VALUES = {
    "None": None,
    "a number": 7,
    "a text": "x",
    "bytes": b"x",
    "an object": object(),
    "a pattern of bytes": re.compile(b"x"),
    "a property": property(fail),
    "a descriptor": Raising(),
}


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
@pytest.mark.parametrize(
    "name",
    [
        "ADDITIONAL_ALLOWED_HANDLERS",
        "ALLOWED_HANDLERS",
        "ALLOW_UNLISTED_CHANNELS",
        "CHANNEL_NAME_PATTERN",
        "EXCEPTION_MAIL_INTERVAL",
        "MAX_BODY_SIZE",
        "MAX_CHANNEL_NAME_LENGTH",
        "USE_WS_TOKEN",
        "additional_required_headers",
        "all_permissions_required",
        "handler_selection_key",
        "permissions_required",
        "required_connection_headers",
        "required_headers",
        "route_selection_key",
    ],
)
def test_no_check_ends_in_an_exception_whatever_an_attribute_is(route, declared, name, value):
    route(**{name: value})

    found = ids(deploy=True)

    is_good = (
        hasattr(type(value), "__get__")
        or name in {"USE_WS_TOKEN", "ALLOW_UNLISTED_CHANNELS"}
        or (name.endswith("_selection_key") and value in {None, "x"})
        or (name in {"EXCEPTION_MAIL_INTERVAL", "MAX_BODY_SIZE"} and value == 7)
        or (name == "MAX_CHANNEL_NAME_LENGTH" and value == 7)
    )
    assert ("E006" in found) is not is_good


@pytest.mark.parametrize("value", [property(lambda self: True), Raising()])
def test_the_checks_do_not_guess_the_value_of_a_property(route, settings, value):
    settings.MIDDLEWARE = []
    route(USE_WS_TOKEN=value, ALLOW_UNLISTED_CHANNELS=value, ADDITIONAL_ALLOWED_HANDLERS=value)

    assert not {"I002", "W004", "W005", "W020", "W021"} & set(ids(deploy=True))


def test_a_good_list_for_one_url_does_not_hide_a_bad_one_of_the_class(settings, monkeypatch):
    view = type("ChatView", (PlainView,), {"ADDITIONAL_ALLOWED_HANDLERS": 7})
    settings.ROOT_URLCONF = __name__
    given = view.as_view(ADDITIONAL_ALLOWED_HANDLERS=["shout"])
    monkeypatch.setitem(globals(), "urlpatterns", [path("ws/<slug:route>", given)])
    clear_url_caches()

    assert "W005" not in ids(deploy=True)


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


class SetInInit(PlainView):
    ALLOWED_HANDLERS = ("whisper",)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.whisper = self.shout


class SetInSetup(PlainView):
    ALLOWED_HANDLERS = ("whisper",)

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.whisper = self.shout


class FailsInInit(PlainView):
    ALLOWED_HANDLERS = ("whisper",)

    def __init__(self, **kwargs):
        fail(self)


def test_w020_leaves_handlers_that_only_an_object_of_the_view_has(route):
    own = {"whisper": property(lambda self: self.shout)}
    route(**own, ALLOWED_HANDLERS=["whisper"])
    assert "W020" not in ids()

    for base in (SetInInit, SetInSetup, FailsInInit):
        route(base=base)
        assert "W020" not in ids()

    route(base=SetInInit, ALLOWED_HANDLERS=["whisprr"])
    assert "W020" in ids()


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
