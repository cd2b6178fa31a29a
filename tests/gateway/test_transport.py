"""HTTP out: named hosts only, no redirects, and Ambiguous only when something may have arrived."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from connectors.base import Upload
from core.errors import Ambiguous, Refused, SendError, Unavailable
from gateway.transport import GuardedResolver, HttpTransport, is_public


class Server:
    """A platform that behaves as its path says."""

    def __init__(self) -> None:
        self.url = ""
        self.hits: list[str] = []
        self.form: dict[str, object] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.hits.append(request.path)
        match request.path:
            case "/drop":
                await request.read()
                assert request.transport is not None
                request.transport.close()
            case "/slow":
                await asyncio.sleep(5)
            case "/redirect":
                raise web.HTTPFound("/ok")
            case "/half":
                response = web.StreamResponse(headers={"Content-Length": "100"})
                await response.prepare(request)
                await response.write(b"half")
                assert request.transport is not None
                request.transport.close()
                return response
            case "/big":
                return web.Response(body=b"x" * 5000)
            case "/endless":
                response = web.StreamResponse()
                response.enable_chunked_encoding()
                await response.prepare(request)
                for _ in range(100):
                    await response.write(b"x" * 1000)
                return response
            case "/form":
                self.form = {
                    name: (value.filename, value.content_type, value.file.read())
                    if isinstance(value, web.FileField)
                    else value
                    for name, value in (await request.post()).items()
                }
        return web.Response(text="fine", headers={"Retry-After": "3"})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def transport(server: Server) -> AsyncIterator[HttpTransport]:
    transport = HttpTransport([server.url])
    yield transport
    await transport.close()


async def test_an_answer_comes_as_it_is(server: Server, transport: HttpTransport) -> None:
    reply = await transport.request("GET", f"{server.url}/ok")
    assert (reply.status, reply.body, reply.headers["Retry-After"]) == (200, b"fine", "3")


async def test_redirects_are_not_followed(server: Server, transport: HttpTransport) -> None:
    reply = await transport.request("POST", f"{server.url}/redirect", json={})
    assert (reply.status, server.hits) == (302, ["/redirect"])


@pytest.mark.parametrize(
    ("path", "error"),
    [("/drop", Ambiguous), ("/slow", Ambiguous), ("/half", Ambiguous), ("/big", Refused), ("/endless", Refused)],
)
async def test_what_went_wrong(server: Server, transport: HttpTransport, path: str, error: type[SendError]) -> None:
    with pytest.raises(SendError) as caught:
        await transport.request("POST", f"{server.url}{path}", json={"a": 1}, timeout=0.3, max_bytes=4000)
    assert type(caught.value) is error
    assert server.url not in caught.value.words and path not in caught.value.words


async def test_nobody_there_means_surely_not_sent() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        transport = HttpTransport([url])
        with pytest.raises(Unavailable):
            await transport.request("POST", f"{url}/x", json={})
        await transport.close()


async def test_files_go_as_multipart(server: Server, transport: HttpTransport) -> None:
    file = Upload(name='বিল".pdf', mime="application/pdf", content=b"%PDF")
    await transport.request("POST", f"{server.url}/form", form={"type": "application/pdf", "file": file})
    assert server.form == {"type": "application/pdf", "file": ("বিল'.pdf", "application/pdf", b"%PDF")}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://localhost/x",
        "http://169.254.169.254/latest/meta-data",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::1]/",
        "https://evil.example/",
        "https://graph.facebook.com.evil.example/",
        "https://graph.facebook.com@evil.example/",
        "http://graph.facebook.com/",
        "https://graph.facebook.com:8443/",
        "https://user:pw@graph.facebook.com/",
        "ftp://graph.facebook.com/",
        "file:///etc/passwd",
        "//graph.facebook.com/",
        "https://",
        "https://graph.facebook.com:99999/",
        "",
    ],
)
async def test_hosts_that_nobody_named(transport: HttpTransport, url: str) -> None:
    with pytest.raises(Refused):
        await transport.request("GET", url)


def test_hosts_that_may_be_called(server: Server, transport: HttpTransport) -> None:
    assert transport.is_allowed("https://lookaside.fbsbx.com/x?y=1")
    assert transport.is_allowed("https://graph.facebook.com/v25.0/1/messages")
    assert transport.is_allowed("https://api.telegram.org/bot1:x/getMe")
    assert transport.is_allowed(f"{server.url}/x")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("224.0.0.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("nonsense", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_a_public_name_must_not_lead_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = GuardedResolver(frozenset({"proxy.internal"}))
    answers = {"evil.fbsbx.com": "10.0.0.7", "lookaside.fbsbx.com": "157.240.1.1", "proxy.internal": "10.0.0.8"}

    async def resolve(host: str, port: int, family: object) -> list[dict[str, object]]:
        return [{"hostname": host, "host": answers[host], "port": port, "family": 2, "proto": 0, "flags": 0}]

    monkeypatch.setattr(resolver._inner, "resolve", resolve)
    with pytest.raises(OSError, match="open internet"):
        await resolver.resolve("evil.fbsbx.com", 443)
    assert [entry["host"] for entry in await resolver.resolve("lookaside.fbsbx.com", 443)] == ["157.240.1.1"]
    assert [entry["host"] for entry in await resolver.resolve("proxy.internal", 80)] == ["10.0.0.8"]
    await resolver.close()


async def test_hosts_are_named_before_the_first_call(server: Server, transport: HttpTransport) -> None:
    await transport.request("GET", f"{server.url}/ok")
    with pytest.raises(RuntimeError):
        transport.allow(["http://127.0.0.1:1"])
