import asyncio
import json

import pytest
import websockets
from botocore.exceptions import ClientError

from django_aws_api_gateway_websockets.gateway.config import Config
from django_aws_api_gateway_websockets.gateway.deployed.apis import Stage
from django_aws_api_gateway_websockets.gateway.deployed.throttles import Throttles
from django_aws_api_gateway_websockets.gateway.server import running_gateway
from tests.gateway.aws import control_plane, deploy, deploy_api
from tests.gateway.backend import WAIT, Answer
from tests.gateway.hand_moved_clocks import StandingClock
from tests.gateway.processes import gateway_process
from tests.gateway.raw import TEXT, frame_bytes, raw_client, raw_socket

NEVER_AGAIN = {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 0.0}


async def limit(api, **settings):
    await asyncio.to_thread(api.client.update_stage, ApiId=api.api_id, StageName="test", **settings)


@pytest.mark.fact("throttled-message", "limit-of-a-route")
async def test_messages_over_the_limit_of_their_route_are_told_so_and_reach_nobody(
    gateway, backend
):
    api = await deploy(gateway.url, backend.url, "$default", "free")
    await limit(api, RouteSettings={"$default": NEVER_AGAIN})
    async with websockets.connect(api.url) as socket:
        for _ in range(3):
            await socket.send("x")
        frame = json.loads(await asyncio.wait_for(socket.recv(), WAIT))
        await socket.send('{"action": "free"}')
        await backend.wait_for("free")
        await backend.wait_for("default", 2)

    assert frame["message"] == "Too Many Requests"
    assert set(frame) == {"message", "connectionId", "requestId"}
    assert len(backend.on("default")) == 2


@pytest.mark.fact("burst-without-rate", "throttled-by-nothing")
@pytest.mark.parametrize(("burst", "passing"), [(5, 5), (1, 1), (0, 0)])
async def test_a_burst_without_a_rate_passes_once_and_never_again(gateway, backend, burst, passing):
    api = await deploy(gateway.url, backend.url, "$default", replies=("$default",))
    backend.answers("default", Answer(body=b"passed"))
    settings = {"ThrottlingBurstLimit": burst, "ThrottlingRateLimit": 0.0}
    await limit(api, RouteSettings={"$default": settings})
    answers = []
    async with websockets.connect(api.url) as socket:
        for _ in range(passing + 2):
            await socket.send("x")
            answers.append(await asyncio.wait_for(socket.recv(), WAIT))

    assert answers[:passing] == ["passed"] * passing
    assert [json.loads(frame)["message"] for frame in answers[passing:]] == [
        "Too Many Requests"
    ] * 2


@pytest.mark.fact("limit-of-a-route")
async def test_the_limit_of_a_stage_holds_each_route_without_one_of_its_own(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$default", "a", "b")
    own = {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 0.0}
    await limit(api, DefaultRouteSettings=NEVER_AGAIN, RouteSettings={"b": own})
    async with websockets.connect(api.url) as socket:
        for key in ["a", "a", "a", "b", "b", "b", "$default"]:
            await socket.send(json.dumps({"action": key}))
        frame = json.loads(await asyncio.wait_for(socket.recv(), WAIT))
        await backend.wait_for("b", 3)
        await backend.wait_for("default")

    assert frame["message"] == "Too Many Requests"
    assert len(backend.on("a")) == 2


@pytest.mark.fact("throttled-handshake")
async def test_connects_over_the_limit_are_a_429_and_reach_no_backend(gateway, backend):
    api = await deploy(gateway.url, backend.url)
    await limit(api, RouteSettings={"$connect": NEVER_AGAIN})
    async with raw_socket(api.url), raw_socket(api.url), raw_client(api.url) as client:
        response = await client.handshake(api.url)

    assert response.status == 429
    assert json.loads(response.body) == {"message": "Too Many Requests"}
    assert len(backend.on("connect")) == 2


async def test_a_limit_that_is_lifted_counts_no_more(gateway, backend):
    api = await deploy(gateway.url, backend.url, "$default")
    await limit(api, RouteSettings={"$default": {"ThrottlingBurstLimit": 0}})
    async with websockets.connect(api.url) as socket:
        await socket.send("x")
        assert "Too Many Requests" in await asyncio.wait_for(socket.recv(), WAIT)
        await asyncio.to_thread(
            api.client.delete_route_settings,
            ApiId=api.api_id,
            StageName="test",
            RouteKey="$default",
        )
        await socket.send("x")
        await backend.wait_for("default")


def test_without_quotas_only_limits_of_stages_count():
    throttles = Throttles(StandingClock(), has_quotas=False)
    stage = Stage(api_id="a", name="s", variables={}, deployment=None)

    assert all(throttles.admits_connect(stage) for _ in range(20_000))
    assert all(throttles.admits_post() for _ in range(20_000))
    assert all(throttles.admits_control_call("POST", ("apis",)) for _ in range(100))


def test_the_quotas_of_an_account_are_those_of_aws():
    clock = StandingClock()
    throttles = Throttles(clock, has_quotas=True)
    stage = Stage(api_id="a", name="s", variables={}, deployment=None)

    assert sum(throttles.admits_connect(stage) for _ in range(1000)) == 500
    clock.moment = 1.0
    assert sum(throttles.admits_message(stage, "x") for _ in range(6000)) == 5000
    assert not throttles.admits_post()
    clock.moment = 1.25
    assert sum(throttles.admits_post() for _ in range(6000)) == 2500


@pytest.mark.fact("domain-rate", "deployment-rate")
@pytest.mark.parametrize(
    ("method", "segments", "seconds"),
    [
        ("POST", ("apis", "x", "deployments"), 5),
        ("POST", ("domainnames",), 30),
        ("PATCH", ("domainnames", "d"), 30),
        ("DELETE", ("domainnames", "d"), 30),
    ],
)
def test_calls_that_take_aws_long_have_a_quota_of_their_own(method, segments, seconds):
    clock = StandingClock()
    throttles = Throttles(clock, has_quotas=True)

    assert throttles.admits_control_call(method, segments)
    clock.moment = seconds - 0.01
    assert not throttles.admits_control_call(method, segments)
    clock.moment = seconds + 0.01
    assert throttles.admits_control_call(method, segments)


@pytest.mark.fact("control-plane-rate", "deployment-rate")
async def test_boto3_sees_the_quotas_of_the_control_plane_as_those_of_aws(backend):
    def use_up(url):
        client = control_plane(url)
        api = deploy_api(client, backend.url)
        with pytest.raises(client.exceptions.TooManyRequestsException) as deployment:
            client.create_deployment(ApiId=api.api_id, StageName="test")
        with pytest.raises(client.exceptions.TooManyRequestsException) as call:
            [client.get_apis() for _ in range(200)]
        return deployment.value.response, call.value.response

    async with running_gateway(Config(port=0, has_quotas=True)) as gateway:
        for response in await asyncio.to_thread(use_up, gateway.url):
            assert response["Error"]["Message"] == "Too Many Requests"
            assert response["ResponseMetadata"]["HTTPStatusCode"] == 429


@pytest.mark.fact("serialised-messages")
async def test_with_one_message_in_flight_a_connections_order_is_kept(backend):
    answering = 0
    most = 0

    async def slow(request):
        nonlocal answering, most
        answering += 1
        most = max(most, answering)
        await asyncio.sleep(0.002)
        answering -= 1
        return Answer()

    backend.answer = slow
    async with running_gateway(Config(port=0, messages_in_flight=1)) as gateway:
        api = await deploy(gateway.url, backend.url, "$default")
        async with raw_socket(api.url) as client:
            sent = [str(number).encode() for number in range(100)]
            await client.send(b"".join(frame_bytes(TEXT, text) for text in sent))
            await backend.wait_for("default", 100)

    assert [request.body for request in backend.on("default")] == sent
    assert most == 1


@pytest.mark.fact("posts-over-the-quota")
async def test_posts_over_the_quota_are_limit_exceeded(backend, monkeypatch):
    async with running_gateway(Config(port=0, has_quotas=True)) as gateway:
        api = await deploy(gateway.url, backend.url)
        throttles = gateway._management_api._throttles
        while throttles.admits_post():
            pass
        clock = StandingClock()
        clock.moment = throttles._clock.monotonic()
        monkeypatch.setattr(throttles, "_clock", clock)
        while throttles.admits_post():
            pass
        management = api.management
        with pytest.raises(ClientError) as caught:
            await asyncio.to_thread(
                management.post_to_connection, ConnectionId="L0SM9cOFvHcCIhw=", Data=b"x"
            )

    assert caught.value.response["Error"]["Code"] == "LimitExceededException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


@pytest.mark.slow
def test_the_command_line_switches_the_quotas_on():
    with gateway_process("--quotas", "--serialise") as process:
        client = control_plane(process.url)
        api = deploy_api(client, "http://127.0.0.1:9")
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.create_deployment(ApiId=api.api_id, StageName="test")
