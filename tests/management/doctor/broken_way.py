"""Breakages on the way to the view, and behind it."""

import json

from tests.management.doctor import breakages as make
from tests.management.doctor import broken_views as views
from tests.management.doctor.scene import Breakage

TOKEN = "/token-ws/"
BROKEN = json.dumps({"action": "broken"})

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
    "token view that wants a second factor": Breakage(
        make.ask_for_second_factor,
        "token",
        "sends the doctor's login on to /accounts/second-factor/, so the doctor has made a token",
        "Nothing, if your site wants more of a login than a password, such as a second factor.",
        words=("--user", "ada"),
        path=TOKEN,
        sign="!",
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
    "socket that code of the project closes": Breakage(
        make.route(views.at_live(views.LeavingView.as_view())),
        "message",
        "The socket was closed meanwhile, with 1000, and not by the doctor.",
        "1000 says that Django has closed it",
        words=("--message", json.dumps({"action": "leave"})),
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
