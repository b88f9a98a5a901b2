"""One connection, driven by hand against a socket that does as it is told."""

import select
import socket
import ssl
import struct
import threading
from selectors import EVENT_WRITE

import pytest

from django_aws_api_gateway_websockets.delivery.http1.addresses import Address
from django_aws_api_gateway_websockets.delivery.http1.connection import (
    BrokenConnectionError,
    Connection,
    Phase,
)
from django_aws_api_gateway_websockets.delivery.http1.destination import Destination

REQUEST = b"POST /prod/@connections/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
REFUSAL = b"HTTP/1.1 413 Whatever\r\nContent-Length: 0\r\n\r\n"
# Far more than the socket buffers of both sides hold.
LARGE = REQUEST + b"x" * 32_000_000


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


@pytest.fixture
def connection(listener):
    connecting = connect(listener)
    yield connecting
    connecting.close()


@pytest.fixture
def peer(listener, connection):
    """The other end of the connection, which is established."""
    advance(connection)
    accepted, _ = listener.accept()
    accepted.settimeout(10)
    with accepted:
        yield accepted


def connect(listener, *, bundle=None):
    host, port = listener.getsockname()
    destination = Destination("localhost", port, None, bundle)
    return Connection(destination, Address(socket.AF_INET, (host, port)))


def wait(connection):
    poll = select.poll()
    wants = select.POLLIN if connection.wants != EVENT_WRITE else 0
    poll.register(connection, wants | (select.POLLOUT if connection.wants & EVENT_WRITE else 0))
    assert poll.poll(10_000)


def advance(connection):
    """Advance as an owner does, until something is complete."""
    wait(connection)
    while not connection.advance():
        wait(connection)


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def receive_all(peer, length, then):
    received = 0
    while received < length:
        received += len(peer.recv(1_000_000))
    peer.sendall(then)


def test_a_connection_goes_from_stage_to_stage(connection, peer):
    assert (connection.phase, connection.is_established) == (Phase.IDLE, True)

    connection.start(REQUEST)
    assert (connection.phase, connection.response_begun) == (Phase.RECEIVING, False)
    assert peer.recv(1000) == REQUEST

    peer.sendall(ANSWER)
    advance(connection)
    assert connection.responses[0].status == 200
    assert connection.response_begun
    assert connection.is_reusable
    assert not connection.is_reused

    connection.rest()
    assert connection.phase is Phase.IDLE
    assert connection.responses == []
    connection.start(REQUEST)
    assert connection.is_reused
    assert not connection.response_begun


def test_a_large_request_is_sent_in_pieces(connection, peer):
    reader = threading.Thread(target=receive_all, args=(peer, len(LARGE), ANSWER))

    connection.start(LARGE)
    assert connection.phase is Phase.SENDING
    reader.start()
    advance(connection)
    reader.join(10)

    assert connection.responses[0].status == 200
    assert connection.is_reusable


def test_a_large_request_is_sent_in_pieces_over_tls(listener, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def serve():
        plain, _ = listener.accept()
        plain.settimeout(10)
        with context.wrap_socket(plain, server_side=True) as peer:
            may_read.wait(10)
            receive_all(peer, len(LARGE), ANSWER)
            may_end.wait(10)

    may_read, may_end = threading.Event(), threading.Event()
    server = threading.Thread(target=serve)
    server.start()
    connection = connect(listener, bundle=str(certificate[0]))
    advance(connection)
    connection.start(LARGE)
    assert connection.phase is Phase.SENDING
    may_read.set()
    advance(connection)

    assert connection.responses[0].status == 200
    # Nothing to read but what TLS itself sends is no reason to give a connection up.
    assert connection.is_alive()
    connection.close()
    may_end.set()
    server.join(10)


def test_an_answer_that_comes_before_the_request_is_out_is_taken(connection, peer):
    connection.start(LARGE)
    peer.sendall(REFUSAL)
    advance(connection)

    assert connection.responses[0].status == 413
    assert not connection.is_reusable


def test_an_answer_before_a_reset_is_taken(connection, peer):
    connection.start(LARGE)
    peer.sendall(REFUSAL)
    # Closing with unread bytes resets the connection.
    peer.close()
    advance(connection)

    assert connection.responses[0].status == 413
    assert not connection.is_reusable


def test_a_reset_in_the_middle_of_a_request_is_told(connection, peer):
    connection.start(LARGE)
    reset(peer)

    with pytest.raises(BrokenConnectionError, match=r"reset|Broken pipe|closed"):
        advance(connection)
    assert not connection.response_begun


def test_a_connection_closed_before_its_answer_is_told(connection, peer):
    connection.start(REQUEST)
    peer.recv(1000)
    peer.close()

    with pytest.raises(BrokenConnectionError, match="the server closed the connection"):
        advance(connection)


def test_a_reset_before_a_request_is_told_when_it_starts(connection, peer):
    reset(peer)
    wait(connection)
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    assert poll.poll(10_000)

    with pytest.raises(BrokenConnectionError, match=r"reset|Broken pipe"):
        connection.start(REQUEST)


def test_an_open_connection_is_alive(connection, peer):
    assert connection.is_alive()


@pytest.mark.parametrize("end", [reset, socket.socket.close, lambda peer: peer.sendall(b"x")])
def test_a_connection_with_something_to_read_is_not_alive(connection, peer, end):
    end(peer)
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    assert poll.poll(10_000)

    assert not connection.is_alive()


def test_a_refused_connection_is_told(listener):
    listener.close()
    with socket.create_server(("127.0.0.1", 0)) as other:
        closed = other.getsockname()
    destination = Destination("localhost", closed[1], None, None)
    connection = Connection(destination, Address(socket.AF_INET, closed))

    with pytest.raises(BrokenConnectionError, match="Connection refused"):
        advance(connection)
    connection.close()
