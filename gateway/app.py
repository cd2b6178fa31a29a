"""Puts the service together, starts it in order and stops it in order."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from aiohttp import web

import complaints.service
import handoff.service
from connectors import registry
from connectors.base import Tools
from core import migrate
from core.alone import presence
from core.answers import Answers
from core.clock import Clock
from core.database import Database
from core.inbox import Inbox
from core.media import FolderShelf, Library, Shelf
from core.outbox import Outbox
from core.settings import ROOT, Settings
from core.siblings import Siblings
from core.tenants import Tenants
from desk.web import Desk
from desk.web import routes as desk_routes
from gateway import chatwoot, demo, staff_desk, webchat, webhooks
from gateway.action_endpoint import ActionEndpoint
from gateway.context import Contexts
from gateway.desk_events import DeskEvents
from gateway.desk_relay import Relay
from gateway.files import Files
from gateway.health import Health
from gateway.hearing import HttpHearing
from gateway.keys import signing_key
from gateway.limits import Limits
from gateway.media_s3 import S3Shelf
from gateway.media_worker import MediaWorkers
from gateway.people import People
from gateway.publishing import Publisher
from gateway.rasa_client import RasaClient
from gateway.rasa_process import RasaProcess, free_port, rasa_python
from gateway.sender import Senders
from gateway.services import Services
from gateway.speaking import Speaker
from gateway.transport import HttpTransport
from gateway.turns import Turns
from gateway.webchat_uploads import Uploads
from gateway.worker import Workers
from utility.bill_document import Documents
from utility.local import LocalUtility
from utility.ownership import Ownership

log = structlog.get_logger(__name__)
DRAIN_SECONDS, SEND_SECONDS = 25.0, 10.0  # reliability.md R19
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(kw_only=True)
class Service:
    """A running service: its parts, and where it listens."""

    services: Services
    public_url: str
    action_url: str
    rasa: list[RasaProcess]
    app: web.Application
    desk: Desk


@web.middleware
async def secure(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Headers that every answer carries."""
    response = await handler(request)
    if not response.prepared:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
    return response


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    model: Callable[[], Path] | None = None,
    clock: Clock | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> AsyncIterator[Service]:
    """Run the whole service inside a `with`. `model` gives the trained model; None starts no dialogue core."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    key = signing_key(settings)
    db = Database(settings.resolved_database_url, clock)
    transport = HttpTransport()
    running_here, started = AsyncExitStack(), AsyncExitStack()
    shelf = make_shelf(settings)
    runners: list[web.AppRunner] = []
    processes: list[RasaProcess] = []
    try:
        await migrate.upgrade(db)
        await db.check()
        await running_here.enter_async_context(presence(db))
        tenants = Tenants.load(ROOT)
        answers = Answers.load(ROOT)
        if settings.demo:
            await demo.seed(db, tenants)
        inbox, outbox, siblings = Inbox(db), Outbox(db), Siblings(db)
        utility = LocalUtility(db, tenants)
        documents = Documents(tenants, utility, key)
        library = Library(db, shelf)
        uploads = Uploads(library)
        files = Files(documents, uploads)
        channels = {channel.key: channel for channel in registry.channels(settings, tenants)}
        transport.allow([*registry.base_urls(channels.values()), settings.stt_url, settings.chatwoot_url])
        hub = webchat.WebchatHub()
        ownership = Ownership(db, tenants, utility, key, registry.sms_queue(db))
        connectors = registry.connectors(Tools(transport=transport, load=files.load), {"webchat": hub})
        actions_token = settings.action_token.get_secret_value() or secrets.token_urlsafe(32)
        action_port = settings.action_port or free_port()
        action_url = f"http://{settings.action_host}:{action_port}/actions"
        urls = [url.strip() for url in settings.rasa_url.split(",") if url.strip()]
        if not urls and model is not None and rasa_python() is not None:
            processes = [
                RasaProcess(model, settings.data_dir / f"rasa-{number}.log", action_url, actions_token)
                for number in range(settings.rasa_workers)
            ]
            urls = [process.url for process in processes]
        rasa = RasaClient(urls, settings.turn_timeout)
        services = Services(
            settings=settings,
            key=key,
            db=db,
            inbox=inbox,
            outbox=outbox,
            tenants=tenants,
            answers=answers,
            channels=channels,
            connectors=connectors,
            utility=utility,
            ownership=ownership,
            rasa=rasa,
            load_file=files.load,
            library=library,
            limits=Limits(seconds_of(clock), lambda: siblings.count, siblings.announce),
            hearing=HttpHearing(transport, settings.stt_url, settings.stt_token) if settings.stt_url else None,
        )
        contexts = Contexts(services, complaints.service.Complaints(db, tenants), handoff.service.Handoff(db, tenants))
        endpoint = ActionEndpoint(actions_token, contexts.of, settings.action_timeout)
        runners.append(await _serve(endpoint.app(), settings.action_host, action_port))
        for process in processes:
            await process.start()
        work = services.sends_waiting
        speaker = Speaker(services)
        people = People(services, speaker)
        desks = chatwoot.configured(settings, (tenant.slug for tenant in tenants.all()), transport, db.now)
        relay = Relay(services, people.bridge, desks)
        files_coming = MediaWorkers(services, speaker)
        workers = Workers(services, Turns(services, speaker, people, files_coming.collector), work)
        siblings.join(services.limits)
        senders = Senders(services, services.limits, siblings, work)
        app = web.Application(client_max_size=webhooks.MAX_BODY, middlewares=[secure])
        app.add_routes(webhooks.routes(services))
        app.add_routes(Health(services, services.limits).routes())
        app.add_routes(DeskEvents(services, people, desks).routes())
        app.add_routes(webchat.routes(services, hub))
        app.on_shutdown.append(hub.close)
        publisher = Publisher(db, answers, services.forms)
        desk = staff_desk.make(services, people, uploads, work, services.limits, publisher.refresh)
        app.add_routes(desk_routes(desk))
        app.on_shutdown.append(desk.live.close)
        if settings.demo:
            app.add_routes(demo.routes(services))
        await publisher.start()
        started.push_async_callback(publisher.stop)
        await desk.start()
        await people.start()
        # Ended in the turned order: first nobody comes in, then turns end, then what they said leaves.
        for start, stop in (
            (inbox.start, inbox.stop),
            (rasa.start, rasa.stop),
            (siblings.start, siblings.stop),
            (senders.start, partial(senders.stop, SEND_SECONDS)),
            (relay.start, relay.stop),
            (files_coming.start, files_coming.stop),
            (workers.start, partial(workers.stop, DRAIN_SECONDS)),
        ):
            await start()
            started.push_async_callback(stop)
        public = await _serve(app, settings.host, settings.port)
        started.push_async_callback(public.cleanup)
        host, port = public.addresses[0][:2]
        log.info("The service is up.", action="start", host=host, port=port, channels=sorted(channels))
        yield Service(
            services=services,
            public_url=f"http://{host}:{port}",
            action_url=action_url,
            rasa=processes,
            app=app,
            desk=desk,
        )
        say("Stopping …")
    finally:
        # Also when whoever runs the service fails: tasks that outlive the database would only complain.
        await started.aclose()
        await asyncio.gather(*(process.stop() for process in processes), return_exceptions=True)
        for runner in reversed(runners):
            await runner.cleanup()
        await transport.close()
        await running_here.aclose()
        if isinstance(shelf, S3Shelf):
            await shelf.close()
        await db.close()


def seconds_of(clock: Clock | None) -> Callable[[], float]:
    """Seconds for limits: the machine's own that no leap disturbs, or those of a clock that was given."""
    return time.monotonic if clock is None else lambda: clock.now().timestamp()


def make_shelf(settings: Settings) -> Shelf:
    """Where customers' files lie: a bucket when one is named, else the data folder."""
    if settings.media_url:
        return S3Shelf(settings.media_url, settings.media_region, settings.media_access_key, settings.media_secret_key)
    return FolderShelf(settings.data_dir)


async def _serve(app: web.Application, host: str, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5.0)
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=1024).start()
    return runner
