"""The doctor's round where nothing is broken: it gets all the way, says so, and leaves nothing."""

import json
import sys

import pytest
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from django_aws_api_gateway_websockets.management.doctor.hop import PROMPT_SECONDS
from django_aws_api_gateway_websockets.management.doctor.hops import HOPS
from django_aws_api_gateway_websockets.models import ApiGateway
from tests.management.doctor.breakages import DENIED
from tests.management.doctor.conftest import count_rows, deploy, examine
from tests.management.doctor.proxy import running_proxy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BOTH = pytest.mark.parametrize("on_aws", [False, True], ids=["locally", "as on AWS"])
CONTROL_PLANE = ("control-plane", "domain", "mapping", "stage", "routes", "integration")


@BOTH
def test_a_message_goes_all_the_way_round_and_leaves_nothing(make_site, on_aws):
    make_site(on_aws=on_aws)
    before = count_rows()

    said = examine()

    assert (said.code, set(said.signs().values()) - {"✓", "-"}) == (0, set()), said.text
    assert "all is well: a message went all the way round in" in said.text
    assert list(said.signs()) == [hop.name for hop in HOPS]
    assert count_rows() == before


@BOTH
def test_a_user_with_cookie_and_token_gets_round_and_leaves_nothing(make_site, ada, on_aws):
    make_site("/token-ws/", on_aws=on_aws)
    before = count_rows()

    said = examine("--user", "ada")

    assert (said.code, set(said.signs().values()) - {"✓", "-"}) == (0, set()), said.text
    assert (said.signs()["login"], said.signs()["token"]) == ("✓", "✓")
    assert count_rows() == before


def test_without_a_user_a_view_that_wants_one_is_reached_and_no_alarm_is_raised(make_site):
    make_site("/token-ws/")

    said = examine()

    assert said.code == 0, said.text
    assert said.signs()["reachability"] == "✓"
    assert "Give one with --user NAME, and the doctor goes all the way round." in said.text
    assert "nothing is broken as far as was looked" in said.text


def test_a_prefix_that_a_proxy_takes_away_is_no_alarm(make_site):
    site = make_site()
    endpoint = f"{site.proxy.url}/shop/live-ws/"
    site.update(target_base_endpoint=endpoint, **deploy(site.gateway_url, endpoint))
    site.proxy.strips = "/shop"

    said = examine()

    assert (said.code, set(said.signs().values()) - {"✓", "-"}) == (0, set()), said.text


@pytest.fixture
def aws(make_site):
    """A site, and a proxy before AWS that may refuse rights."""
    site = make_site()
    with running_proxy() as aws:
        aws.reset(site.gateway_url)
        site.configure(endpoint_url=aws.url)
        yield aws


def test_with_the_rights_of_a_server_the_message_is_followed_all_the_same(aws):
    aws.refuses = {"/v2/": DENIED}

    said = examine()

    assert said.code == 0, said.text
    assert {said.signs()[name] for name in CONTROL_PLANE} == {"!"}
    assert said.signs()["frame"] == "✓"
    assert "Skipped: no right to look at the API." in said.text
    assert "all is well: a message went all the way round" in said.text


def test_with_the_rights_to_deploy_alone_the_reply_of_django_says_that_it_may_send(aws):
    # IAM tells them by who signs; here one process signs for both.
    aws.refuses_bodies = {b'"ws": "doctor"': DENIED}

    said = examine()

    assert said.code == 0, said.text
    assert (said.signs()["@connections"], said.signs()["reply"]) == ("!", "✓")
    assert "those of Django may, whose reply has come." in said.text
    assert "all is well: a message went all the way round" in said.text


def test_the_account_in_an_error_of_aws_is_not_shown(aws):
    aws.refuses = {"/v2/": DENIED, "/_aws/": DENIED}

    said = examine()

    assert said.code == 1
    assert "123456789012" not in said.text


def test_each_api_is_followed_in_its_turn_though_one_is_broken(make_site):
    site = make_site()
    broken = ApiGateway.objects.create(api_name="Broken", target_base_endpoint="https://a.example/")
    ApiGateway.objects.filter(pk=broken.pk).update(api_id="nothing", api_created=True)

    every = examine()
    one = examine("--api", "Site")
    by_key = examine("--api", str(site.api.pk), "record")

    assert "Broken: stopped at control-plane" in every.text
    assert "Site: all is well" in every.text
    assert (every.code, one.code, by_key.code) == (1, 0, 0)
    assert "Broken" not in one.text + by_key.text


def test_an_api_that_does_not_exist_is_told_of_with_those_that_do(make_site):
    make_site()

    with pytest.raises(CommandError, match=r"has the name or primary key 'Shop'; there is Site \("):
        examine("--api", "Shop")


def test_a_hop_brings_those_that_it_needs(make_site):
    make_site()

    said = examine("stage")

    assert list(said.signs()) == [
        "database",
        "migrations",
        "records",
        "region",
        "credentials",
        "gateway",
        "record",
        "control-plane",
        "stage",
    ]
    assert "Site: nothing is broken as far as was looked" in said.text


def test_json_says_the_same_to_programs(make_site):
    make_site()

    said = examine("--json", "reachability")

    [examined] = said.as_json["examined"]
    assert (said.as_json["well"], examined["api"]) == (True, "Site")
    assert examined["hops"][-1]["hop"] == "reachability"
    assert set(examined["hops"][0]) == {"hop", "sign", "seconds", "text", "fix", "page"}


def test_checks_that_may_be_slow_are_announced_before_and_no_others(make_site, ada):
    make_site("/token-ws/")

    said = examine("--user", "ada", "--message", json.dumps({"action": "reply"}))

    slow = {hop.name: hop.most_seconds for hop in HOPS if hop.most_seconds > PROMPT_SECONDS}
    announced = [line for line in said.announced.splitlines() if line]
    assert announced == [f"... {name}: up to {seconds:g} s" for name, seconds in slow.items()]
    assert said.code == 0, said.text


def test_without_the_library_of_sockets_the_rest_is_looked_at(make_site, monkeypatch):
    make_site()
    monkeypatch.setitem(sys.modules, "websockets.sync.client", None)

    said = examine()

    assert said.code == 0, said.text
    assert said.signs()["socket"] == "!"
    assert 'Install it: pip install "django-aws-api-gateway-websockets[gateway]".' in said.text
    assert said.signs()["origin"] == "✓"


def test_nothing_secret_is_said_even_where_everything_goes_wrong(make_site, monkeypatch):
    site = make_site("/token-ws/")
    ada = get_user_model().objects.create_user("ada", password="a-password-of-hers")
    secrets = {
        "SECRET_KEY": site.settings.SECRET_KEY,
        "gateway_secret": "secret-of-the-gateway-" + "x" * 20,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "a-session-token-of-sts",
    }
    monkeypatch.setenv("AWS_SESSION_TOKEN", secrets["AWS_SESSION_TOKEN"])

    well = examine("--user", "ada", "--json")
    site.configure(gateway_secret=secrets["gateway_secret"])
    site.settings.AWS_ACCESS_KEY_ID = secrets["AWS_ACCESS_KEY_ID"]
    site.settings.AWS_SECRET_ACCESS_KEY = secrets["AWS_SECRET_ACCESS_KEY"]
    broken = [examine("--user", "ada"), examine("--user", "ada", "secret", "@connections")]

    said = " ".join(one.text + one.announced for one in [well, *broken])
    assert [one.code for one in [well, *broken]] == [0, 1, 1], said
    assert [name for name, secret in secrets.items() if secret in said] == []
    assert ada.password not in said
    assert "ws_token" not in said
    assert "sessionid" not in said
