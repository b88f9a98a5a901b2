import functools

import pytest
from django.core.checks import run_checks
from django.urls import clear_url_caches, path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.project.views import OpenView

APP = "django_aws_api_gateway_websockets"


def ids(*, deploy: bool = False) -> list[str]:
    found = run_checks(include_deployment_checks=deploy)
    return [message.id.removeprefix(f"{APP}.") for message in found if message.id.startswith(APP)]


def text_of(check_id: str) -> str:
    found = run_checks(include_deployment_checks=True)
    return "".join(f"{m.msg} {m.hint}" for m in found if m.id == f"{APP}.{check_id}")


urlpatterns = [path("chat/", OpenView.as_view())]


def hidden(view):
    """A decorator as many are written: nothing on its result tells what it wraps."""

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
    """Another, that has no attributes but one, and no call."""

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


def test_a_project_with_the_defaults_is_clean():
    assert ids() == []
    assert WebSocketSession._meta.app_label == APP


@pytest.mark.parametrize("value", [[1], "text", 3])
def test_e002_the_setting_must_be_a_dictionary(settings, value):
    settings.WEBSOCKETS = value

    assert ids() == ["E002"]


@pytest.mark.parametrize(
    "secret", ["short", "", "x" * 32 + "\n", b"x" * 32, 7, {}, ["x" * 32, ""], []]
)
def test_e001_a_secret_must_be_long_and_safe(settings, secret):
    settings.WEBSOCKETS = {"gateway_secret": secret}

    assert ids() == ["E001"]
    assert "newline" in text_of("E001")
    assert "x" * 32 not in text_of("E001")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("token_expiry_seconds", 0),
        ("token_expiry_seconds", True),
        ("rate_limit_max_attempts", "20"),
        ("push_changes_to_aws", 1),
        ("local_gateway", "yes"),
        ("allowed_integration_hosts", [1]),
        ("endpoint_url", "127.0.0.1:8001"),
        ("management_endpoint_url", "ws.example.com"),
        ("management_endpoint_url", "https://{domain}/{stage}"),
        ("broadcast_rate_per_second", "fast"),
        ("broadcast_budget_units", 0),
        ("broadcast_workers", "rq"),
        ("broadcast_claim_seconds", 0),
        ("broadcast_price", "1.00"),
        ("broadcast_price", {"per_million_units": "free"}),
        ("broadcast_price", {"per_million_units": "-1"}),
        ("local_gateway_address", "8001"),
        ("local_gateway_address", "127.0.0.1:70000"),
    ],
)
def test_e002_names_the_key_with_a_bad_value(settings, key, value):
    settings.WEBSOCKETS = {key: value}

    assert ids() == ["E002"]
    assert key in text_of("E002")


def test_an_endpoint_with_its_placeholders_is_fine(settings):
    url = "https://{api_id}.execute-api.vpce.example.com/{stage}"
    settings.WEBSOCKETS = {"management_endpoint_url": url}

    assert ids() == []


def test_w002_names_a_key_nothing_reads_and_never_its_value(settings):
    settings.WEBSOCKETS = {"gateway_secrets": "hidden"}

    assert ids() == ["W002"]
    assert "'gateway_secrets'" in text_of("W002")
    assert "hidden" not in text_of("W002")


def test_w001_and_w003_are_asked_of_a_deployment(settings):
    settings.AWS_GATEWAY_REGION_NAME = None

    assert {"W001", "W003"} <= set(ids(deploy=True))
    settings.AWS_REGION_NAME = "eu-west-1"
    settings.WEBSOCKETS = {"gateway_secret": "s" * 32}
    assert not {"W001", "W003"} & set(ids(deploy=True))


def test_w003_asks_the_profile_for_its_region(settings, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile team]\nregion = ap-south-1\n[profile lost]\noutput = json\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    settings.AWS_GATEWAY_REGION_NAME = None

    settings.AWS_IAM_PROFILE = "team"
    assert "W003" not in ids(deploy=True)
    settings.AWS_IAM_PROFILE = "lost"
    assert "the profile 'lost' has no region" in text_of("W003")
    settings.AWS_IAM_PROFILE = "nobody"
    assert "AWS_IAM_PROFILE cannot be used: The config profile (nobody)" in text_of("W003")


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


def test_w007_the_gateway_needs_our_runserver_to_be_found_first(settings):
    staticfiles = "django.contrib.staticfiles"
    others = [name for name in settings.INSTALLED_APPS if name != staticfiles]
    settings.INSTALLED_APPS = [staticfiles, *others]
    settings.WEBSOCKETS = {"local_gateway": True}

    assert ids() == ["W007"]
    settings.WEBSOCKETS = {}
    assert ids() == []


def test_a_project_without_urls_can_be_checked(settings):
    del settings.ROOT_URLCONF

    assert ids(deploy=True) == ["W001"]


def test_w004_and_w005_name_what_a_deployment_leaves_open(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__

    assert {"W004", "W005"} <= set(ids(deploy=True))
    assert "broken, shout, silent" in text_of("W005").replace("change_channel, default, ", "")
    monkeypatch.setattr(OpenView, "ALLOW_UNLISTED_CHANNELS", False)
    monkeypatch.setattr(OpenView, "ALLOWED_HANDLERS", {"shout"})
    assert not {"W004", "W005"} & set(ids(deploy=True))


@pytest.mark.parametrize("decorator", DECORATORS.values(), ids=DECORATORS)
def test_w004_and_w005_see_views_below_decorators_and_what_as_view_is_given(
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
