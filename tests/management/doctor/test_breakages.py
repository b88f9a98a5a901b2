"""Each way in which a site can be broken is named by the hop it breaks, in words with the fix."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model

from tests.management.doctor import breakages as make
from tests.management.doctor import broken_views as views
from tests.management.doctor.conftest import Site, count_rows, examine

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LIVE, TOKEN = "/live-ws/", "/token-ws/"
BROKEN = json.dumps({"action": "broken"})


@dataclass(frozen=True)
class Breakage:
    """What is done, and what a person gets to read."""

    do: Callable[[make.Scene], None]
    hop: str
    cause: str
    fix: str
    words: tuple[str, ...] = ()
    """Further words of the command."""
    path: str = LIVE
    on_aws: bool = True
    is_own: bool = False
    """True when the API in the gateway is changed."""
    sign: str = "✗"


PROJECT = {
    "gateway secret too short": Breakage(
        make.change_websockets(gateway_secret="short"),
        "settings",
        'E001: WEBSOCKETS["gateway_secret"] must be 32 or more of the characters',
        "Make one with `python -c",
    ),
    "key of WEBSOCKETS misspelt": Breakage(
        make.change_websockets(gatway_secret="x" * 40),
        "settings",
        "W002: WEBSOCKETS has the key 'gatway_secret', which nothing reads.",
        "Did you mean 'gateway_secret'?",
        sign="!",
    ),
    "slug with another name": Breakage(
        make.route(views.WITHOUT_SLUG),
        "settings",
        "W006: LiveView is routed at 'live-ws/<slug:slug>' without a slug named 'route'",
        "Rename 'slug' to 'route': path('live-ws/<slug:route>', …).",
        sign="!",
    ),
    "database not reachable": Breakage(
        make.stop_database,
        "database",
        "'elsewhere' (postgresql) cannot be reached: connection refused at 127.0.0.1:1.",
        "Start its server, or correct HOST and PORT of DATABASES['elsewhere'].",
    ),
    "migration missing": Breakage(
        make.leave_migration_out,
        "migrations",
        "Migrations are not applied: django_aws_api_gateway_websockets.0012_channels.",
        "Run `python manage.py migrate`.",
    ),
    "no view": Breakage(
        make.delete_record_and_view(views.EMPTY),
        "records",
        "No WebSocketView is routed, so there is nothing that an API could call.",
        "route it: path('ws/<slug:route>', MyView.as_view()).",
    ),
    "view without a record, on AWS": Breakage(
        make.delete_record,
        "records",
        "There is no ApiGateway. LiveView has no API: its target_base_endpoint would end in /live-",
        "in the admin, then run `python manage.py createApiGateway --pk N`.",
    ),
    "view without a record, locally": Breakage(
        make.delete_record,
        "records",
        "There is no ApiGateway. LiveView has no API",
        "Start `python manage.py runserver` again: it makes one for each view that it can.",
        on_aws=False,
    ),
    "second view without a record": Breakage(
        make.route(views.TWO_VIEWS),
        "records",
        "TokenView has no API: its target_base_endpoint would end in /token-ws/.",
        "Create an ApiGateway with that target_base_endpoint",
        sign="!",
    ),
    "region missing": Breakage(
        make.name_no_region,
        "region",
        "There is no usable AWS region: No AWS region: set AWS_GATEWAY_REGION_NAME",
        'Set AWS_GATEWAY_REGION_NAME to the region of your APIs, such as "eu-west-1".',
    ),
    "credentials absent": Breakage(
        make.take_credentials_away,
        "credentials",
        "There are no AWS credentials to sign with",
        "set AWS_IAM_PROFILE in the settings, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    "profile that does not exist": Breakage(
        make.name_no_profile_there_is,
        "credentials",
        "There are no AWS credentials to sign with: ProfileNotFound.",
        "correct the name, or run `aws configure --profile NAME`",
    ),
    "local gateway not running": Breakage(
        make.stop_gateway,
        "gateway",
        "Nothing listens at http://127.0.0.1:1, where the local gateway should be.",
        "Start `python manage.py runserver`, which brings it up",
        on_aws=False,
    ),
    "something else at the gateway's port": Breakage(
        make.listen_in_its_place,
        "gateway",
        "and it is no gateway of this package.",
        'Stop it, or set WEBSOCKETS["local_gateway_address"] = "127.0.0.1:',
        on_aws=False,
    ),
    "gateway of another project": Breakage(
        make.give_gateway_to_another_project,
        "gateway",
        "belongs to another project.",
        'give this one a gateway of its own: set WEBSOCKETS["local_gateway_address"] = "127.0.0',
        on_aws=False,
    ),
}

IN_AWS = {
    "record without an address": Breakage(
        make.change_record(target_base_endpoint=None),
        "record",
        "Site has no target_base_endpoint",
        "Set it to the address of the WebSocketView without its route, such as https://",
    ),
    "creation that stopped": Breakage(
        make.change_record(provisioning_status="api_created", last_error="ClientError: Throttling"),
        "record",
        "its record is at 'api created'. The last run ended with ClientError: Throttling.",
        "Run `python manage.py createApiGateway --pk ",
    ),
    "change that did not get to AWS": Breakage(
        make.change_record(last_error="ClientError: NotFoundException"),
        "record",
        "The last change did not get to AWS: ClientError: NotFoundException, it does not exist",
        'Choose "Sync to AWS" in the admin.',
        sign="!",
    ),
    "credentials expired": Breakage(
        make.expire_credentials,
        "control-plane",
        "UnrecognizedClientException",
        "check that key and secret belong together, have not expired, and that the clock",
    ),
    "secret key mistyped": Breakage(
        make.mistype_secret_key,
        "control-plane",
        "InvalidSignatureException",
        "check that key and secret belong together",
    ),
    "API deleted, or in another region": Breakage(
        make.in_aws(make.delete_api, deploys=False),
        "control-plane",
        "NotFoundException",
        "belongs to another account or region; check api_id and AWS_GATEWAY_REGION_NAME.",
        is_own=True,
    ),
    "default endpoint closed": Breakage(
        make.in_aws(make.close_default_endpoint),
        "domain",
        "DisableExecuteApiEndpoint closes the only address of the API",
        "Turn it off in AWS and deploy, or set domain_name and certificate_arn, then run",
        is_own=True,
    ),
    "custom domain deleted": Breakage(
        make.name_domain,
        "domain",
        "There is no custom domain ws.shop.test in AWS.",
        "Run `python manage.py createCustomDomain --pk ",
    ),
    "custom domain without a mapping": Breakage(
        make.map_domain(None),
        "mapping",
        "has no API mapping, so it leads nowhere.",
        "stage production, with an empty key.",
    ),
    "custom domain of another API": Breakage(
        make.map_domain("other"),
        "mapping",
        "/production, and not to",
        "Change its API mapping in AWS to",
    ),
    "stage deleted": Breakage(
        make.in_aws(make.delete_stage, deploys=False),
        "stage",
        "The API has no stage production.",
        'Choose "Sync to AWS" for the record in the admin',
        is_own=True,
    ),
    "stage without a deployment": Breakage(
        make.deploy_nothing,
        "stage",
        "Nothing is deployed to the stage fresh, so the API says Forbidden.",
        'Choose "Sync to AWS" for the record in the admin',
        is_own=True,
    ),
    "route missing": Breakage(
        make.in_aws(make.delete_route("$default")),
        "routes",
        "The API has no route $default.",
        'Choose "Sync to AWS" for the record in the admin, or call its sync_to_aws().',
        is_own=True,
    ),
    "slash missing": Breakage(
        make.in_aws(make.change_integrations(make.without_slash)),
        "integration",
        ": a slash is missing or too many.",
        "Correct target_base_endpoint, which ends with a slash, then: Choose",
        is_own=True,
    ),
    "integration of another site": Breakage(
        make.in_aws(make.change_integrations(make.elsewhere)),
        "integration",
        "The route $connect calls https://staging.example.com/live-ws/connect, and the record says",
        'Choose "Sync to AWS"',
        is_own=True,
    ),
    "no right to look": Breakage(
        make.refuse_rights("/v2/"),
        "control-plane",
        "No right to look at the API: skipped.",
        "Nothing, where they are to send only. With the right apigateway:GET the doctor sees more.",
        sign="!",
    ),
    "name without an address": Breakage(
        make.lose_name,
        "dns",
        "ws.shop.test has no address: Name or service not known.",
        "Create a CNAME record ws.shop.test that leads to d-1.execute-api.us-east-1.amazonaws.com",
    ),
    "certificate expired": Breakage(
        make.show_certificate(is_expired=True),
        "tls",
        "The certificate of ws.shop.test has expired.",
        "Renew it in ACM",
    ),
    "certificate of another host": Breakage(
        make.show_certificate(names="DNS:shop.test"),
        "tls",
        "The certificate of ws.shop.test is for another name.",
        "Choose one in ACM that covers ws.shop.test, enter its ARN in certificate_arn",
    ),
    "certificate of nobody": Breakage(
        make.show_certificate(is_trusted=False),
        "tls",
        "The certificate of ws.shop.test is not trusted: self",
        "Use one of a public authority",
    ),
    "no TLS": Breakage(
        make.speak_no_tls,
        "tls",
        "ws.shop.test:443 speaks no TLS",
        "Let its address begin with ws:// if it is to be open, or correct the port.",
    ),
}

BEFORE_DJANGO = {
    "Django stopped, locally": Breakage(
        make.stop_django,
        "reachability",
        "Nothing listens at http://127.0.0.1:1, where API Gateway calls Django: connection refused",
        "Start Django there: `python manage.py runserver 1`.",
        on_aws=False,
        is_own=True,
    ),
    "Django stopped behind a proxy": Breakage(
        make.stop_behind_proxy,
        "reachability",
        "A proxy before Django has no Django behind it",
        "Start Django, and see where the proxy sends requests.",
    ),
    "stage of another name": Breakage(
        make.change_record(stage_name="staging"),
        "reachability",
        "There is no deployed stage at ws://",
        "See that the stage exists and has a deployment, that the custom domain is mapped",
    ),
    "redirect to https": Breakage(
        make.redirect_to_https,
        "reachability",
        "/live-ws/connect, and API Gateway follows no redirect.",
        'Let target_base_endpoint begin with https://, then: choose "Sync to AWS" in the admin.',
    ),
    "login wanted before the view": Breakage(
        make.route(views.LOGIN_REQUIRED),
        "reachability",
        "Something before the view redirects to /accounts/login/: messages have no cookie",
        "Let the path of the view pass in the middleware that does so, or take the decorator off.",
    ),
    "marks of the view hidden": Breakage(
        make.route(views.at_live(views.without_marks)),
        "reachability",
        "Django's protection against CSRF refuses the event before the view.",
        "Keep the view's marks in your decorators with functools.wraps",
    ),
    "host not allowed": Breakage(
        make.change_settings(ALLOWED_HOSTS=["www.shop.test"]),
        "reachability",
        "Django refuses the host it is called by",
        "Add it to ALLOWED_HOSTS; or, where a proxy",
    ),
    "path without a view": Breakage(
        make.route(views.ELSEWHERE),
        "reachability",
        "/live-ws/connect (404).",
        "Correct target_base_endpoint or the URLs: path('ws/<slug:route>', MyView.as_view()).",
    ),
    "view without POST": Breakage(
        make.route(views.at_live(views.GetView.as_view())),
        "reachability",
        "GetView takes no POST, and API Gateway sends nothing else.",
        'Let its http_method_names have "post".',
    ),
    "server with another SECRET_KEY": Breakage(
        make.change_proxy(drops=frozenset({"x-ws-probe"})),
        "reachability",
        "Something has responded that does not know the signature of this project: it runs with",
        "and run the doctor with the environment that it has.",
    ),
    "X-Real-Ip not set by the proxy": Breakage(
        make.change_proxy(adds={}),
        "proxy-headers",
        "Headers are missing when the event gets to Django: X-Real-Ip.",
        "LiveView.additional_required_headers. In nginx: proxy_set_header X-Real-Ip $remote_addr;",
    ),
    "header dropped by the proxy": Breakage(
        make.change_proxy(drops=frozenset({"x-amzn-trace-id"})),
        "proxy-headers",
        "Headers are missing when the event gets to Django: X-Amzn-Trace-Id.",
        "Let the proxy before Django send them on",
    ),
    "connection id dropped by the proxy": Breakage(
        make.change_proxy(drops=frozenset({"connectionid"})),
        "proxy-headers",
        "The connection id does not get to Django",
        "Run `python manage.py updateApiGatewayIntegrations --pk ",
    ),
    "secret not shown": Breakage(
        make.in_aws(make.change_integrations(make.forget("X-Ws-Gateway-Secret"))),
        "secret",
        "API Gateway shows no gateway secret, and the view refuses everything without its own.",
        "Run `python manage.py updateApiGatewayIntegrations --pk ",
        is_own=True,
    ),
    "another secret shown": Breakage(
        make.change_websockets(gateway_secret="another-secret-" + "x" * 40),
        "secret",
        "API Gateway shows another gateway secret",
        "Run `python manage.py updateApiGatewayIntegrations --pk ",
    ),
    "no secret set": Breakage(
        make.change_websockets(gateway_secret=None),
        "secret",
        'WEBSOCKETS["gateway_secret"] is not set: whoever reaches the view can speak as API',
        "Set it in the order that docs/explanation/security-model.md#the-gateway-secret has.",
        sign="!",
    ),
    "Host changed by the proxy": Breakage(
        make.change_proxy(keeps_host=False),
        "origin",
        "since the proxy before it changes the Host; pages of http://127.0.0.1:",
        "In nginx: proxy_set_header Host $http_host;",
    ),
    "pages of another site": Breakage(
        lambda scene: None,
        "origin",
        "Pages of https://www.other.test are refused: Django is called at 127.0.0.1:",
        "Let the pages be at that host or below it, with the same port",
        words=("--site", "https://www.other.test"),
    ),
    "cookie domain not set": Breakage(
        make.name_domain_of_sites,
        "cookies",
        "SESSION_COOKIE_DOMAIN is not set, so a browser that has logged in at www.shop.test sends",
        "Set SESSION_COOKIE_DOMAIN = 'shop.test', and log in again.",
        path=TOKEN,
    ),
    "socket outside the site's domain": Breakage(
        make.change_record(target_base_endpoint="https://www.shop.test/token-ws/"),
        "cookies",
        "www.shop.test sends no session cookie to 127.0.0.1.",
        "Give the API a custom domain below the site's, such as ws.shop.test, and set SESSION_CO",
        path=TOKEN,
    ),
}

BEHIND_THE_DOOR = {
    "user who does not exist": Breakage(
        lambda scene: None,
        "login",
        "The user of --user does not exist.",
        "Give the name of a user who may log in.",
        words=("--user", "grace"),
        path=TOKEN,
    ),
    "sessions that one process keeps": Breakage(
        make.change_settings(
            SESSION_ENGINE="tests.management.doctor.lonely_sessions",
        ),
        "login",
        "Django does not know a login that this project's settings have made.",
        "the server the same SECRET_KEY, SESSION_ENGINE, SESSION_COOKIE_NAME and database",
        words=("--user", "ada"),
        path=TOKEN,
    ),
    "token view missing": Breakage(
        make.route(views.WITHOUT_TOKEN_VIEW),
        "token",
        "The view wants a token, and no WebSocketTokenView is routed where pages could get one.",
        "Add path('api/ws-token/', WebSocketTokenView.as_view()) to the URLs",
        words=("--user", "ada"),
        path=TOKEN,
        sign="!",
    ),
    "too many tokens": Breakage(
        make.use_up_tokens,
        "token",
        "The user has had all tokens of a minute.",
        'Wait for a minute, or raise WEBSOCKETS["token_rate_limit_per_minute"].',
        words=("--user", "ada"),
        path=TOKEN,
    ),
    "token view behind a changed Host": Breakage(
        make.refuse_by_csrf,
        "token",
        "Django's protection against CSRF refuses the page's request to http://127.0.0.1:",
        "to CSRF_TRUSTED_ORIGINS, and let the proxy before Django keep the Host",
        words=("--user", "ada"),
        path=TOKEN,
    ),
    "too many attempts": Breakage(
        make.use_up_attempts,
        "socket",
        "all attempts of this user or address are used up ('Too many connection attempts').",
        'Wait for a minute, or raise WEBSOCKETS["rate_limit_max_attempts"].',
    ),
    "channel nobody may join": Breakage(
        make.route(views.at_live(views.ClosedView.as_view())),
        "socket",
        "this user may not be in the channel, or lacks a permission of the view",
        "and a channel with --channel NAME; Django's log names the rule that said no.",
        words=("--channel", "room-7"),
    ),
    "channel with a blank": Breakage(
        lambda scene: None,
        "socket",
        "the view takes no channel of that name ('Invalid channel').",
        "Give another one with --channel NAME, or change CHANNEL_NAME_PATTERN.",
        words=("--channel", "room 7"),
    ),
    "check of the project's own": Breakage(
        make.route(views.at_live(views.SundayView.as_view())),
        "socket",
        "The view refused the connect with 400: 'Closed on Sundays.'.",
        "If these words are your own, _additional_connection_checks() or connect() has said no",
    ),
    "connect() that raises": Breakage(
        make.route(views.at_live(views.FailingView.as_view())),
        "socket",
        "The view failed on the connect (500).",
        "The traceback is in Django's log: a hook of your view, or its connect().",
    ),
    "connect() without super()": Breakage(
        make.route(views.at_live(views.ForgetfulView.as_view())),
        "session",
        "The socket is open, and the database of this project has no session of it.",
        "whether your connect() calls super().connect().",
    ),
    "no route for messages, and no right to look": Breakage(
        make.lose_default_route_unseen,
        "handler",
        "No route of the API takes the message: there is no $default.",
        'Choose "Sync to AWS" for the record in the admin.',
        is_own=True,
    ),
    "messages judged by cookies": Breakage(
        make.route(views.at_live(views.wants_cookie)),
        "handler",
        "Something before the view redirects to /accounts/login/: messages have no cookie",
        "Let the path of the view pass in the middleware that does so",
    ),
    "handler that raises": Breakage(
        lambda scene: None,
        "message",
        "Your message was not handled: handler_failed, The handler failed.",
        "the traceback of a handler that has raised, are in Django's log.",
        words=("--message", BROKEN),
    ),
    "no right to send": Breakage(
        make.refuse_rights("/_aws/"),
        "@connections",
        "These credentials may not send to sockets.",
        "Give their user or role execute-api:ManageConnections on this API.",
    ),
    "address of @connections with the stage twice": Breakage(
        make.repeat_stage,
        "@connections",
        "The address repeats the stage: expected http://127.0.0.1:",
        'Correct WEBSOCKETS["management_endpoint_url"] or the AWS_ENDPOINT_URL variables.',
    ),
    "nothing at the address of @connections": Breakage(
        make.change_websockets(management_endpoint_url="http://127.0.0.1:1/{stage}"),
        "@connections",
        "The post to @connections failed: GatewayUnreachableError.",
        "No answer from http://127.0.0.1:1/production",
    ),
    "posts for another API": Breakage(
        make.post_for_another_api,
        "@connections",
        "API Gateway says that the socket, which is open, does not exist (410).",
        'see WEBSOCKETS["management_endpoint_url"], AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
    ),
}

BREAKAGES = {**PROJECT, **IN_AWS, **BEFORE_DJANGO, **BEHIND_THE_DOOR}


@pytest.fixture
def scene(make_site, monkeypatch, tmp_path):
    with ExitStack() as undoing:

        def make_scene(breakage: Breakage) -> make.Scene:
            site: Site = make_site(breakage.path, on_aws=breakage.on_aws, is_own=breakage.is_own)
            return make.Scene(site, monkeypatch, tmp_path, undoing)

        yield make_scene


@pytest.mark.parametrize("name", BREAKAGES)
def test_the_broken_hop_is_named_with_the_fix(scene, name):
    breakage = BREAKAGES[name]
    get_user_model().objects.create_user("ada")
    breakage.do(scene(breakage))
    before = count_rows() if breakage.hop not in {"database"} else {}

    said = examine(breakage.hop, *breakage.words)

    lines = said.text.splitlines()
    [found] = [number for number, line in enumerate(lines) if f" {breakage.hop} " in line[:16]]
    cause, fix, page = lines[found : found + 3]
    assert cause.startswith(breakage.sign), said.text
    assert breakage.cause in cause, said.text
    assert breakage.fix in fix, said.text
    assert "Page: docs/" in page
    assert said.code == (1 if breakage.sign == "✗" else 0)
    assert not before or count_rows() == before


def test_there_are_more_than_thirty():
    assert len(BREAKAGES) > 30
