"""The listener as a process: starts, says a line of counts each minute, and stops on SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import signal

from wherry.errors import UserError
from wherry.web.feed.listener.keeping import Keeper
from wherry.web.feed.listener.options import Settings
from wherry.web.feed.listener.server import Listener


def listen(settings: Settings, every_seconds: float = 60) -> None:
    """Listen until told to stop. Django must be set up."""
    from wherry.web.feed import store

    logging.basicConfig(level=logging.WARNING)
    keeper = Keeper(store.take)
    asyncio.run(_listen(Listener(settings, keeper.keep, keeper.close), every_seconds))


async def _listen(listener: Listener, every_seconds: float) -> None:
    settings = listener.settings
    stopped = asyncio.Event()
    try:
        port = await listener.start()
    except OSError as error:
        raise UserError(
            f"Cannot listen for messages on {settings.host}:{settings.port} ({error.strerror}). "
            "Only one listener can have a port: stop the other, or choose another port with --port."
        ) from error
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    print(f"Listening for HL7 messages on {settings.host}:{port}{' (TLS)' if settings.tls else ''}", flush=True)
    before = listener.counts.copy()
    while not stopped.is_set():
        try:
            async with asyncio.timeout(every_seconds):
                await stopped.wait()
        except TimeoutError:
            now = listener.counts.copy()
            print(f"The last {every_seconds:g} s: {now.since(before)}", flush=True)
            before = now
    await listener.stop()
    print(f"Stopped. Since the last line: {listener.counts.since(before)}", flush=True)
