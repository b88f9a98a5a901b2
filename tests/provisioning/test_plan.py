import pytest

from django_aws_api_gateway_websockets.provisioning.actual import RemoteRoute, RemoteRoutes
from django_aws_api_gateway_websockets.provisioning.desired import RouteSpec
from django_aws_api_gateway_websockets.provisioning.plan import plan_route

CHAT = RouteSpec("chat", "http://a/chat", replies=True)


def remote(key="chat", url="http://a/chat"):
    return RemoteRoute(key=key, route_id="r1", integration_id="i1", url=url)


@pytest.mark.parametrize(
    ("present", "sentences"),
    [
        (remote(), []),
        (None, ["Created the chat route"]),
        (remote(url="http://b/"), ["Pointed the chat route at its new URL"]),
        (remote(key="talk"), ["Renamed the talk route"]),
        (
            remote(key="talk", url="http://b/"),
            ["Pointed the chat route at its new URL", "Renamed the talk route"],
        ),
    ],
)
def test_only_what_differs_is_planned(present, sentences):
    assert [step.sentence for step in plan_route(CHAT, present)] == sentences


def test_people_are_told_the_url_where_it_follows_from_another():
    [step] = plan_route(CHAT, remote(url=""), sentence_has_url=True)

    assert step.sentence == "Pointed the chat route at http://a/chat"


def test_a_route_is_found_by_its_id_before_its_key():
    renamed, other = remote(key="talk"), RemoteRoute("chat", "r2", "i2", "")
    routes = RemoteRoutes([renamed, other])

    assert routes.find(route_id="r1", key="chat") is renamed
    assert routes.find(route_id="gone", key="chat") is other
    assert routes.find(key="unknown") is None
    assert list(routes) == [renamed, other]
