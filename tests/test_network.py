"""The guard that keeps the other tests off the network is itself a promise (R26): it must bite."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.network import NetworkBlocked, is_local


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "0.0.0.0", b"localhost", None, ""])
def test_this_machine_may_be_reached(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "10.0.0.1", "169.254.169.254", "2001:db8::1", "::ffff:192.0.2.1", "example.org", b"a.test"]
)
def test_nothing_else_is_local(host: object) -> None:
    assert not is_local(host)


def test_a_connection_to_the_world_is_refused(no_network: list[str]) -> None:
    with socket.socket() as sock, pytest.raises(NetworkBlocked):
        sock.connect(("192.0.2.1", 443))
    assert len(no_network) == 1
    no_network.clear()


def test_a_datagram_to_the_world_is_refused(no_network: list[str]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(NetworkBlocked):
        sock.sendto(b"?", ("192.0.2.1", 53))
    no_network.clear()


async def test_a_name_is_not_even_looked_up(no_network: list[str]) -> None:
    with pytest.raises(NetworkBlocked):
        await asyncio.open_connection("example.org", 443)
    no_network.clear()


def test_loopback_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_a_swallowed_attempt_fails_its_test_all_the_same(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from tests.conftest import no_network, pytest_configure")
    pytester.makepyfile(
        """
        import contextlib
        import socket


        def test_that_hides_it():
            with contextlib.suppress(OSError), socket.socket() as sock:
                sock.connect(("192.0.2.1", 443))


        def test_that_stays_here():
            pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*tried to reach the network*192.0.2.1*"])
