"""Names, and the addresses behind them."""

import socket

import pytest

from django_aws_api_gateway_websockets.delivery.http1.addresses import AddressBook


class Names:
    """Stands in for the resolver of the operating system."""

    def __init__(self, monkeypatch, *addresses):
        self.addresses = addresses
        self.asked = 0
        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)

    def _getaddrinfo(self, host, port, **_options):
        self.asked += 1
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in self.addresses
        ]


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def book(now):
    return AddressBook("api.example.test", 443, clock=lambda: now[0])


def picked(book):
    return book.pick().target[0]


def test_connections_are_spread_over_all_addresses(monkeypatch, book):
    Names(monkeypatch, "10.0.0.1", "10.0.0.2", "10.0.0.3")

    assert [picked(book) for _ in range(4)] == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1"]


def test_a_name_is_resolved_again_after_half_a_minute(monkeypatch, book, now):
    names = Names(monkeypatch, "10.0.0.1")
    assert picked(book) == "10.0.0.1"
    names.addresses = ("10.0.0.2",)

    now[0] = 29.9
    assert picked(book) == "10.0.0.1"
    now[0] = 30.0
    assert picked(book) == "10.0.0.2"
    assert names.asked == 2


def test_known_addresses_are_kept_while_the_resolver_fails(monkeypatch, book, now):
    names = Names(monkeypatch, "10.0.0.1")
    picked(book)
    names.addresses = ()

    now[0] = 30.0
    assert picked(book) == "10.0.0.1"


def test_a_name_that_does_not_resolve_is_not_asked_for_each_time(monkeypatch, book, now):
    names = Names(monkeypatch)

    for _ in range(100):
        with pytest.raises(OSError, match="not known"):
            book.pick()
    assert names.asked == 1

    names.addresses = ("10.0.0.1",)
    now[0] = 1.0
    assert picked(book) == "10.0.0.1"


def test_an_address_that_does_not_answer_is_left_out_until_the_next_look(monkeypatch, book, now):
    Names(monkeypatch, "10.0.0.1", "10.0.0.2")
    bad = book.pick()

    assert book.avoid(bad)
    assert [picked(book), picked(book)] == ["10.0.0.2", "10.0.0.2"]
    now[0] = 30.0
    assert {picked(book), picked(book)} == {"10.0.0.1", "10.0.0.2"}


def test_when_no_address_answers_all_are_tried_again(monkeypatch, book):
    names = Names(monkeypatch, "10.0.0.1", "10.0.0.2")

    assert book.avoid(book.pick())
    assert not book.avoid(book.pick())

    assert {picked(book), picked(book)} == {"10.0.0.1", "10.0.0.2"}
    assert names.asked == 2
