"""`sathi run`: start, say where, wait for the signal, stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from pathlib import Path

from core.errors import ConfigurationError
from core.settings import Settings
from desk.demo import staff
from gateway import demo, training
from gateway.app import Service, running
from gateway.rasa_process import rasa_python

WATCHDOG_SECONDS = 40.0  # reliability.md R19


def say(line: str = "") -> None:
    """A line for whoever started the service."""
    print(line, flush=True)


def _watchdog() -> None:
    """End the process for certain when an orderly stop hangs."""

    def end() -> None:
        time.sleep(WATCHDOG_SECONDS)
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


async def run(settings: Settings) -> int:
    """Serve until Ctrl-C or SIGTERM. Returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    model = None
    if settings.rasa_workers and not settings.rasa_url:
        if rasa_python() is None:
            say("Python 3.10 is not to be had here: understanding is off, the bot answers with menu and hotline.")
        else:
            path = await _model(settings, stop)
            if path is None:
                say("Stopped.")
                return 0
            model = lambda: path  # noqa: E731
    try:
        async with running(settings, model=model, say=say) as service:
            _greet(settings, service)
            telling = asyncio.create_task(_tell_when_ready(service)) if model is not None else None
            await stop.wait()
            _watchdog()
            if telling:
                telling.cancel()
    except OSError as error:
        if error.errno == 98:  # the port is taken
            raise ConfigurationError(
                f"SATHI_PORT {settings.port} is in use: stop the other program or choose another"
            ) from None
        raise
    say("Stopped.")
    return 0


async def _model(settings: Settings, stop: asyncio.Event) -> Path | None:
    """The trained model; None when the signal to stop came first: training ends with the service."""
    given_up = threading.Event()
    training_it = asyncio.create_task(asyncio.to_thread(training.ensure_model, settings, say, stop=given_up))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({training_it, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if stop.is_set():
        given_up.set()
    try:
        found = await training_it
    except training.TrainingStopped:
        return None
    return None if stop.is_set() else found


def _greet(settings: Settings, service: Service) -> None:
    say()
    say(f"  Bijli Sathi serves on     {service.public_url}/")
    say(f"  Health                    {service.public_url}/readyz")
    for channel in service.services.channels.values():
        if channel.type not in ("webchat", "sms"):
            say(f"  Webhook of {channel.type:<15}{service.public_url}/webhooks/{channel.type}")
    if settings.demo:
        say(f"  One-time codes (demo)     {service.public_url}/demo/sms")
        say()
        say("  Demo customers (tenant, utility, account, mobile):")
        for person in demo.people(service.services.tenants):
            meter = f", meter {person.meter}" if person.kind == "prepaid" else ""
            say(f"    {person.tenant:<26}{person.utility:<11}{person.number:<13}{person.mobile}  {person.kind}{meter}")
        say()
        say(f"  Demo staff at {service.public_url}/desk/ (login, password):")
        for login in staff(service.services.key):
            say(f"    {login.login:<26}{login.password}")
    say()


async def _tell_when_ready(service: Service) -> None:
    began = time.monotonic()
    await service.services.rasa.wait_ready()
    say(f"  Understanding is ready ({time.monotonic() - began:.0f} s). Press Ctrl-C to stop.")
