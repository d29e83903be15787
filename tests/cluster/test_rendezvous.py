"""Processes meet, or each hears in one sentence why they do not, within its patience."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from nnpp.cluster.rendezvous import Connections, Rank, meet
from nnpp.errors import InputError
from tests.ports import free_port

PATIENCE = 1.0


def outcome(rank: Rank, patience: float = PATIENCE) -> Connections | str:
    """What a process finds, or the error."""
    try:
        return meet(rank, patience)
    except InputError as error:
        return str(error)


def together(*ranks: tuple[int, int]) -> list[Connections | str]:
    """What processes find with these numbers of themselves and of all."""
    make = partial(Rank, host="127.0.0.1", port=free_port())
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda rank: outcome(make(*rank)), ranks))


def test_all_come():
    """All know one coordinator; a connection that closes is seen on the other side."""
    mets = together((0, 3), (1, 3), (2, 3))
    assert all(isinstance(met, Connections) for met in mets), mets
    assert len({met.coordinator for met in mets}) == 1
    assert [sorted(met.peers) for met in mets] == [[1, 2], [0], [0]]
    first, _, last = mets
    last.peers[0].close()
    assert first.peers[2].recv(1) == b""
    first.peers[1].sendall(b"2")
    assert mets[1].peers[0].recv(9) == b"2"
    for peer in (*first.peers.values(), mets[1].peers[0]):
        peer.close()


def test_one_alone_waits_for_nobody():
    (met,) = together((0, 1))
    assert isinstance(met, Connections)
    assert met.peers == {}


@pytest.mark.parametrize(
    ("ranks", "message"),
    [
        ([(0, 3), (1, 3)], "of 3 processes these did not connect within 1 s: 2; start all"),
        ([(0, 3), (1, 3), (1, 3)], "two processes have number 1; start all"),
        ([(0, 2), (1, 3)], "process 1 expects 3 processes, process 0 2; start all"),
    ],
)
def test_all_hear_what_is_wrong(ranks, message):
    stop_on_signals = together(*ranks)
    assert all(isinstance(words, str) for words in stop_on_signals), stop_on_signals
    assert all(message in words for words in stop_on_signals), stop_on_signals


def test_nobody_there():
    began = time.monotonic()
    (words,) = together((1, 2))
    assert "process 0 was not at 127.0.0.1:" in words
    assert "within 1 s: connection refused" in words
    assert time.monotonic() - began < PATIENCE + 1


def test_a_host_that_is_none():
    assert "host no.such.host.invalid was not found" in str(
        outcome(Rank(1, 2, "no.such.host.invalid", 99))
    )


def test_a_port_that_is_taken():
    with socket.create_server(("", 0)) as server:
        words = outcome(Rank(0, 2, "127.0.0.1", server.getsockname()[1]))
    assert ": address already in use; choose another port" in str(words)


def test_a_stranger_is_passed_over():
    """Who speaks another language, or nothing, keeps nobody out."""
    port = free_port()
    ranks = [Rank(i, 2, "127.0.0.1", port) for i in range(2)]
    with ThreadPoolExecutor() as pool:
        first = pool.submit(outcome, ranks[0], 20.0)
        stranger = None
        while stranger is None:
            try:
                stranger = socket.create_connection(("127.0.0.1", port))
            except ConnectionRefusedError:
                time.sleep(0.01)
        stranger.sendall(b"GET / HTTP/1.0\n\n")
        second = pool.submit(outcome, ranks[1], 20.0)
        mets = [first.result(), second.result()]
    stranger.close()
    assert all(isinstance(met, Connections) for met in mets), mets
    for met in mets:
        for peer in met.peers.values():
            peer.close()
