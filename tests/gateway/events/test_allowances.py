import asyncio

import pytest

from django_aws_api_gateway_websockets.gateway.connections.connected_client import ConnectedClient
from django_aws_api_gateway_websockets.gateway.events.allowances import MOST_LEFT, Allowances
from django_aws_api_gateway_websockets.gateway.runtime.clock import Clock

NOW = 100.0


def client_at(source_ip, name="one", *, seconds_ago=0.0):
    return ConnectedClient(
        api_id="api",
        stage="test",
        domain_name="localhost",
        connection_id=name,
        connected_at_ms=int((Clock().now() - seconds_ago) * 1000),
        source_ip=source_ip,
        user_agent=None,
    )


def sent(allowances, client, count):
    """Count the messages that pass, of so many."""
    return sum(allowances.of(client, NOW).messages.take(NOW) for _ in range(count))


@pytest.fixture
async def allowances():
    return Allowances(Clock(), per_second=10, burst_seconds=1)


async def test_a_socket_begins_with_what_the_one_before_it_has_left(allowances):
    assert sent(allowances, client_at("192.0.2.1", "first"), 8) == 8
    allowances.leave(client_at("192.0.2.1", "first"))

    assert sent(allowances, client_at("192.0.2.1", "second"), 8) == 2
    assert sent(allowances, client_at("192.0.2.1", "third"), 20) == 10
    assert sent(allowances, client_at("192.0.2.2", "elsewhere"), 20) == 10


async def test_an_office_behind_one_address_comes_back_at_once_and_is_served(allowances):
    """T25: one of them floods, and costs one of the others its burst."""
    people = [client_at("192.0.2.1", str(number)) for number in range(200)]
    assert [sent(allowances, person, 3) for person in people] == [3] * 200
    assert sent(allowances, people[0], 20) == 7
    for person in people:
        allowances.leave(person)

    back = [client_at("192.0.2.1", f"{number} again") for number in range(200)]
    assert sorted(sent(allowances, person, 5) for person in back) == [0] + [5] * 199


async def test_a_socket_that_was_only_silent_succeeds_nobody(allowances):
    sent(allowances, client_at("192.0.2.1", "loud"), 10)
    allowances.leave(client_at("192.0.2.1", "loud"))

    assert sent(allowances, client_at("192.0.2.1", "old", seconds_ago=60), 10) == 10


@pytest.mark.parametrize(
    ("one", "other", "are_neighbours"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("no address", "no address", True),
    ],
)
async def test_the_ipv6_addresses_of_one_subscriber_count_as_one(
    allowances, one, other, are_neighbours
):
    sent(allowances, client_at(one, "first"), 10)
    allowances.leave(client_at(one, "first"))

    assert sent(allowances, client_at(other, "second"), 10) == (0 if are_neighbours else 10)


async def test_the_allowance_of_a_client_that_left_is_kept_until_it_is_whole_again():
    allowances = Allowances(Clock(), per_second=100, burst_seconds=0.05)
    sent(allowances, client_at("192.0.2.1"), 1)
    allowances.leave(client_at("192.0.2.1"))
    assert len(allowances) == 1
    await asyncio.sleep(0.2)

    assert len(allowances) == 0


async def test_any_number_of_addresses_leaves_no_more_than_has_room(allowances):
    for number in range(MOST_LEFT * 3):
        client = client_at(f"192.0.2.{number}", str(number))
        sent(allowances, client, 1)
        allowances.leave(client)

    assert MOST_LEFT // 2 <= len(allowances) <= MOST_LEFT


async def test_a_socket_that_sent_nothing_leaves_nothing(allowances):
    allowances.leave(client_at("192.0.2.1"))

    assert len(allowances) == 0
