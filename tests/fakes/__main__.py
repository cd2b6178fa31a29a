"""`python -m tests.fakes`: the fake platforms by hand, with a page that shows both sides."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal

from tests.fakes.meta import PUBLIC
from tests.fakes.platform import FakePlatform


async def serve(port: int, service: str) -> None:
    """Serve until Ctrl-C."""
    platform = FakePlatform(port, page=True)
    platform.webhooks = service
    platform.auto_status = ("sent", "delivered", "read")
    async with platform:
        print(f"Fake WhatsApp, Messenger, Telegram and SMS: {platform.url}")
        print(f"Webhooks go to {service}. Start the service with these settings (SATHI_SMS_URL too, if you like):\n")
        for name, value in (platform.environment() | {"SATHI_SMS_URL": platform.sms_url}).items():
            print(f"export {name}={value}")
        print(f"\n`sathi channel check` by hand: SATHI_PUBLIC_URL={PUBLIC}\nCtrl-C stops it.", flush=True)
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="port on 127.0.0.1 (default 8090)")
    parser.add_argument("--service", default="http://127.0.0.1:8080", help="address of the service under test")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port, arguments.service))


if __name__ == "__main__":
    main()
