"""Keeps tests off the network: only loopback and Unix sockets may be reached (promise R26).

An audit hook sees every socket of this process, also those of libraries. An attempt is refused where it happens and
noted, so that code which swallows the error still fails its test.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

attempts: list[str] = []
_on = False


class NetworkBlocked(OSError):
    """A test tried to leave this machine."""


def is_local(host: object) -> bool:
    """Whether a host name or address stays on this machine. A name that would have to be looked up does not."""
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(what: str) -> None:
    attempts.append(what)
    raise NetworkBlocked(f"tests may not reach the network: {what}")


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not _on or not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        sock, address = args[0], args[1]
        if sock.family in (socket.AF_INET, socket.AF_INET6) and address and not is_local(address[0]):
            _refuse(f"{event} {address}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not is_local(args[0]):
        _refuse(f"{event} {args[0]!r}")


def block() -> None:
    """Switch the guard on for the rest of this process; a hook cannot be taken away."""
    global _on
    if not _on:
        _on = True
        sys.addaudithook(_watch)
