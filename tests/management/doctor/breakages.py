"""The ways in which a site can be broken: each is really made."""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from django_aws_api_gateway_websockets import migrations
from django_aws_api_gateway_websockets.deployment import GatewayProject, write_project
from django_aws_api_gateway_websockets.models import ApiGateway, AttemptWindow, WebSocketToken
from tests.further_databases import Everything
from tests.gateway.certificates import expire, make_certificate
from tests.management.doctor.broken_views import OnceView, at_live
from tests.management.doctor.proxy import running_proxy
from tests.management.doctor.scene import Scene

APP = "django_aws_api_gateway_websockets"
NEWEST = max(path.stem for path in Path(migrations.__path__[0]).glob("0*.py"))
DENIED = (
    403,
    {"x-amzn-ErrorType": "AccessDeniedException", "Content-Type": "application/json"},
    b'{"message": "User: arn:aws:iam::123456789012:user/ci is not authorized"}',
)


def take_credentials_away(scene: Scene) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        scene.monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        scene.monkeypatch.setenv(name, os.devnull)
    scene.monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    scene.settings.AWS_ACCESS_KEY_ID = scene.settings.AWS_SECRET_ACCESS_KEY = ""


def name_no_region(scene: Scene) -> None:
    scene.settings.AWS_GATEWAY_REGION_NAME = ""


def name_no_profile_there_is(scene: Scene) -> None:
    take_credentials_away(scene)
    scene.settings.AWS_IAM_PROFILE = "nobody"


def expire_credentials(scene: Scene) -> None:
    scene.settings.AWS_ACCESS_KEY_ID = "ASIAEXPIREDEXPIRED00"


def mistype_secret_key(scene: Scene) -> None:
    scene.settings.AWS_SECRET_ACCESS_KEY = "wrong"


def refuse_rights(*paths: str) -> Callable[[Scene], None]:
    """Let AWS refuse what begins with a path, by a proxy before the gateway."""

    def refuse(scene: Scene) -> None:
        aws = scene.undoing.enter_context(running_proxy())
        aws.reset(scene.site.gateway_url)
        aws.refuses = dict.fromkeys(paths, DENIED)
        scene.site.configure(endpoint_url=aws.url)

    return refuse


def stop_database(scene: Scene) -> None:
    values = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": "1",
        "PASSWORD": "not-to-be-shown",
    }
    both = connections.configure_settings({"default": {}, "elsewhere": values})
    scene.monkeypatch.setitem(connections.settings, "elsewhere", both["elsewhere"])
    scene.settings.DATABASE_ROUTERS = [Everything("elsewhere")]


def leave_migration_out(scene: Scene) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(APP, NEWEST)
    scene.undoing.callback(recorder.record_applied, APP, NEWEST)


def delete_record(scene: Scene) -> None:
    ApiGateway.objects.all().delete()


def delete_record_and_view(urls: object) -> Callable[[Scene], None]:
    def delete(scene: Scene) -> None:
        delete_record(scene)
        scene.route(urls)

    return delete


def stop_gateway(scene: Scene) -> None:
    scene.site.configure(local_gateway_address="127.0.0.1:1")


def listen_in_its_place(scene: Scene) -> None:
    taken = scene.undoing.enter_context(socket.create_server(("127.0.0.1", 0)))
    scene.site.configure(local_gateway_address=f"127.0.0.1:{taken.getsockname()[1]}")


def give_gateway_to_another_project(scene: Scene) -> None:
    url = scene.site.gateway_url
    write_project(url, GatewayProject("another", "shop", ""))
    scene.undoing.callback(write_project, url, GatewayProject())


def stop_django(scene: Scene) -> None:
    columns = {"target_base_endpoint": "http://127.0.0.1:1/live-ws/"}
    redeploy(scene, **columns)


def redeploy(scene: Scene, **columns: str) -> None:
    """Change the record, and the API with it."""
    for name, value in columns.items():
        setattr(scene.site.api, name, value)
    scene.site.api.save(push_to_aws=False)
    scene.site.api.sync_to_aws()


def change_record(**columns: object) -> Callable[[Scene], None]:
    return lambda scene: scene.site.update(**columns)


def change_settings(**values: object) -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        for name, value in values.items():
            setattr(scene.settings, name, value)

    return change


def change_websockets(**keys: object) -> Callable[[Scene], None]:
    return lambda scene: scene.site.configure(**keys)


def change_proxy(**values: object) -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        for name, value in values.items():
            setattr(scene.site.proxy, name, value)

    return change


def stop_behind_proxy(scene: Scene) -> None:
    scene.site.proxy.upstream = "http://127.0.0.1:1"


def route(urls: object) -> Callable[[Scene], None]:
    return lambda scene: scene.route(urls)


def redirect_to_https(scene: Scene) -> None:
    there = scene.site.proxy.url.replace("http://", "https://")
    location = {"Location": f"{there}/live-ws/connect"}
    scene.site.proxy.refuses = {"/live-ws/": (301, location, b"")}


def in_aws(change: Callable[[Any, str], None], *, deploys: bool = True) -> Callable[[Scene], None]:
    """Change the API itself, by boto3."""

    def run(scene: Scene) -> None:
        client, api_id = scene.site.client, scene.site.api.api_id
        change(client, api_id)
        if deploys:
            client.create_deployment(ApiId=api_id, StageName="production")

    return run


def delete_route(key: str) -> Callable[[Any, str], None]:
    def delete(client: Any, api_id: str) -> None:
        routes = client.get_routes(ApiId=api_id)["Items"]
        [found] = [one["RouteId"] for one in routes if one["RouteKey"] == key]
        client.delete_route(ApiId=api_id, RouteId=found)

    return delete


def change_integrations(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[[Any, str], None]:
    def run(client: Any, api_id: str) -> None:
        for one in client.get_integrations(ApiId=api_id)["Items"]:
            client.update_integration(
                ApiId=api_id, IntegrationId=one["IntegrationId"], **change(one)
            )

    return run


def forget(header: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Take a header out of integrations; AWS deletes a parameter that is empty."""
    return lambda _: {"RequestParameters": {f"integration.request.header.{header}": ""}}


def set_secret(value: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    name = "integration.request.header.X-Ws-Gateway-Secret"
    return lambda _: {"RequestParameters": {name: f"'{value}'"}}


def without_slash(one: dict[str, Any]) -> dict[str, Any]:
    return {"IntegrationUri": one["IntegrationUri"].replace("/live-ws/", "/live-ws")}


def elsewhere(one: dict[str, Any]) -> dict[str, Any]:
    return {"IntegrationUri": "https://staging.example.com/live-ws/connect"}


def with_variable(one: dict[str, Any]) -> dict[str, Any]:
    return {"IntegrationUri": one["IntegrationUri"].replace("/live-ws/", "/${stageVariables.ws}/")}


def delete_api(client: Any, api_id: str) -> None:
    client.delete_api(ApiId=api_id)


def delete_stage(client: Any, api_id: str) -> None:
    client.delete_stage(ApiId=api_id, StageName="production")


def deploy_nothing(scene: Scene) -> None:
    scene.site.client.create_stage(ApiId=scene.site.api.api_id, StageName="fresh")
    scene.site.update(stage_name="fresh")


def close_default_endpoint(client: Any, api_id: str) -> None:
    client.update_api(ApiId=api_id, DisableExecuteApiEndpoint=True)


def map_domain(api_id: str | None) -> Callable[[Scene], None]:
    """Give the API a custom domain that leads to another API, or to none."""

    def run(scene: Scene) -> None:
        client, name = scene.site.client, f"ws{os.getpid()}-{id(scene)}.shop.test"
        arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
        client.create_domain_name(
            DomainName=name, DomainNameConfigurations=[{"CertificateArn": arn}]
        )
        scene.undoing.callback(client.delete_domain_name, DomainName=name)
        if api_id is not None:
            other = client.create_api(
                Name="other", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.a"
            )["ApiId"]
            client.create_stage(ApiId=other, StageName="production")
            client.create_api_mapping(ApiId=other, DomainName=name, Stage="production")
        scene.site.update(domain_name=name, custom_domain_created=True, certificate_arn=arn)

    return run


def name_domain(scene: Scene) -> None:
    scene.site.update(domain_name="ws.shop.test", custom_domain_created=True)


def lose_name(scene: Scene) -> None:
    name_domain(scene)
    scene.site.update(api_gateway_domain_name="d-1.execute-api.us-east-1.amazonaws.com")
    scene.resolve("ws.shop.test", None)


@contextmanager
def tls_server(context: ssl.SSLContext | None) -> Iterator[int]:
    """A server that shakes hands by TLS, or that says something else; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            try:
                taken, _ = listening.accept()
                with taken:
                    if context is None:
                        taken.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    else:
                        context.wrap_socket(taken, server_side=True).close()
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join(10)


def show_certificate(
    *, names: str = "DNS:ws.shop.test", is_expired: bool = False, is_trusted: bool = True
) -> Callable[[Scene], None]:
    """Let the custom domain show a certificate."""

    def run(scene: Scene) -> None:
        pair = make_certificate(scene.folder, names=names)
        if is_expired:
            expire(pair, names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.chain, pair.key)
        if is_trusted:
            scene.monkeypatch.setenv("SSL_CERT_FILE", str(pair.chain))
        name_domain(scene)
        port = scene.undoing.enter_context(tls_server(context))
        scene.resolve("ws.shop.test", port)

    return run


def speak_no_tls(scene: Scene) -> None:
    name_domain(scene)
    scene.resolve("ws.shop.test", scene.undoing.enter_context(tls_server(None)))


def name_domain_of_sites(scene: Scene) -> None:
    """Let pages be at www.shop.test, and sockets at ws.shop.test."""
    name_domain(scene)
    scene.site.update(target_base_endpoint="https://www.shop.test/token-ws/")


def use_up_tokens(scene: Scene) -> None:
    ada = get_user_model().objects.get(username="ada")
    scene.site.configure(token_rate_limit_per_minute=1)
    WebSocketToken.generate_token(ada, "another-session")


def ask_for_second_factor(scene: Scene) -> None:
    location = {"Location": "/accounts/second-factor/?next=/api/ws-token/"}
    scene.site.proxy.refuses = {"/api/": (302, location, b"")}


def refuse_by_csrf(scene: Scene) -> None:
    """Let the proxy change the Host of pages, but not of events."""
    scene.site.proxy.changes_host_of = "/api/"


def use_up_attempts(scene: Scene) -> None:
    scene.route(at_live(OnceView.as_view()))
    AttemptWindow.objects.create(key="ip:127.0.0.1/32", attempts=1, opened_at=timezone.now())


def lose_default_route_unseen(scene: Scene) -> None:
    in_aws(delete_route("$default"))(scene)
    refuse_rights("/v2/")(scene)


def repeat_stage(scene: Scene) -> None:
    url = f"{scene.site.gateway_url}/_aws/execute-api/{{api_id}}/{{stage}}/{{stage}}"
    scene.site.configure(management_endpoint_url=url)


def post_for_another_api(scene: Scene) -> None:
    client = scene.site.client
    other = client.create_api(
        Name="other", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    client.create_route(ApiId=other, RouteKey="$default")
    client.create_stage(ApiId=other, StageName="production")
    client.create_deployment(ApiId=other, StageName="production")
    url = f"{scene.site.gateway_url}/_aws/execute-api/{other}/{{stage}}"
    scene.site.configure(management_endpoint_url=url)
