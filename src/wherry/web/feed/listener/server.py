"""The listener: many connections, one keeper, and an answer to each message in the order of its connection.

Connections cut what they read into messages and put them into one bounded inbox. One task takes all that is there,
has it kept in one transaction by a thread of its own (group commit), and answers each. So an answer is never sent
before its message is on disk, and every answer passes through the same queue, those of refused messages too.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address

from wherry.web.feed.arrived import Arrived, Outcome
from wherry.web.feed.listener import acks
from wherry.web.feed.listener.counts import Counts
from wherry.web.feed.listener.inbox import Inbox
from wherry.web.feed.listener.keeping import DatabaseGone, Parcel
from wherry.web.feed.listener.mllp import Block, Decoder, TooLarge, frame
from wherry.web.feed.listener.options import Settings

log = logging.getLogger(__name__)
Keep = Callable[[Sequence[Parcel]], list[Outcome]]
_PIECE = 65536
#: What a sender is told when the store fails.
NOT_KEPT = "Not kept: the store cannot be reached. Send it again"


@dataclass(eq=False)
class Line:
    """One connection."""

    writer: asyncio.StreamWriter
    decoder: Decoder
    organisation: str  # whose messages come over it, where it is known, or empty
    waiting: int = 0  # messages of it that have no answer yet
    broken: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, answer: bytes | None) -> None:
        """Send an answer, unless nobody is there any more."""
        if answer is not None and not self.writer.is_closing():
            self.writer.write(frame(answer))


@dataclass(frozen=True)
class Item:
    """One message on its way to be kept, or (without a parcel) one that is refused with a reason."""

    line: Line
    header: acks.Header | None
    parcel: Parcel | None
    refusal: str
    size: int


class Listener:
    """One door. `await start()`, then `await stop()`, which keeps and answers what has arrived."""

    def __init__(self, settings: Settings, keep: Keep, done: Callable[[], None] = lambda: None) -> None:
        self.settings = settings
        self.counts = Counts()
        self._keep, self._done = keep, done
        self._inbox: Inbox[Item] = Inbox(settings.inbox_messages, settings.inbox_bytes)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keeper")
        self._connections: set[asyncio.Task[None]] = set()
        self._lines: set[Line] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen. Returns the port, which the system chose if 0 was asked for. `OSError` if it is taken."""
        chosen = self.settings
        self._server = await asyncio.start_server(self._accept, chosen.host, chosen.port, ssl=chosen.tls, backlog=128)
        self._keeper = asyncio.create_task(self._keep_all())
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Take no more, keep what has arrived whole, answer it, and close."""
        if self._server is None or self._keeper is None:
            return
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await self._inbox.close()
        await self._keeper
        await asyncio.gather(*(self._close(line) for line in list(self._lines)))
        await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._done)
        self._thread.shutdown()

    # connections

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        organisation = self._admit(writer)
        if organisation is None or len(self._lines) >= self.settings.connections_at_most:
            self.counts.turned_away += 1
            writer.close()
            return
        _keep_alive(writer)
        line = Line(writer, Decoder(self.settings.message_bytes_at_most), organisation)
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
        self._lines.add(line)
        self.counts.connections = len(self._lines)
        try:
            await self._read(reader, line)
            await self._all_answered(line)
        except asyncio.CancelledError:  # the listener stops: it answers and closes this line itself
            return
        except (OSError, ssl.SSLError):
            self.counts.lost += 1
            writer.transport.abort()
        except Exception:
            log.exception("A connection was given up")
            self.counts.lost += 1
            writer.transport.abort()
        finally:
            if task is not None:
                self._connections.discard(task)
        await self._close(line)

    def _admit(self, writer: asyncio.StreamWriter) -> str | None:
        """The organisation that a peer stands for (empty: not said), or None for one who may not connect."""
        if not self.settings.allow:
            return ""
        peer = writer.get_extra_info("peername")
        address = ip_address(peer[0].partition("%")[0]) if peer else None
        mapped = getattr(address, "ipv4_mapped", None)
        for network, organisation in self.settings.allow:
            if address is not None and ((mapped or address) in network):
                return organisation
        return None

    async def _read(self, reader: asyncio.StreamReader, line: Line) -> None:
        """Until the other side ends, cut what comes into messages."""
        clock = asyncio.get_running_loop().time
        decoder, ends_at = line.decoder, None
        while True:
            try:
                async with asyncio.timeout_at(ends_at):
                    piece = await reader.read(_PIECE)
            except TimeoutError:
                await self._never_ended(line)
                return
            if not piece:
                if decoder.inside:
                    await self._never_ended(line)
                return
            before = decoder.garbage_bytes, decoder.unfinished
            ended = 0
            for block in decoder.feed(piece):
                ended += 1
                await self._arrived(line, block)
            self.counts.garbage_bytes += decoder.garbage_bytes - before[0]
            self.counts.unfinished += decoder.unfinished - before[1]
            if not decoder.inside:
                ends_at = None
            elif ends_at is None or ended:
                ends_at = clock() + self.settings.message_seconds
            async with asyncio.timeout(self.settings.answer_seconds):  # one who reads no answers sends no more either
                await line.writer.drain()
            if line.broken:
                return

    async def _arrived(self, line: Line, block: Block | TooLarge) -> None:
        if isinstance(block, TooLarge):
            self.counts.too_large += 1
            limit = self.settings.message_bytes_at_most
            words = f"Not kept: {block.size} bytes are more than the limit of {limit}"
            await self._put(Item(line, acks.read_header(block.beginning), None, words, 0))
            return
        header = acks.read_header(block.raw)
        if header is not None and header.kind == b"ACK":  # an answer to an answer would never end
            self.counts.answers_ignored += 1
            return
        self.counts.received += 1
        await self._put(Item(line, header, _parcel(line, header, block.raw), "", len(block.raw)))

    async def _never_ended(self, line: Line) -> None:
        self.counts.unfinished += 1
        header = acks.read_header(line.decoder.beginning)
        await self._put(Item(line, header, None, "Not kept: the message was not ended", 0))
        await self._all_answered(line)

    async def _put(self, item: Item) -> None:
        item.line.waiting += 1
        item.line.answered.clear()
        try:
            await self._inbox.put(item)
        except BaseException:
            item.line.waiting -= 1
            raise

    async def _all_answered(self, line: Line) -> None:
        if line.waiting:
            await line.answered.wait()

    async def _close(self, line: Line) -> None:
        self._lines.discard(line)
        self.counts.connections = len(self._lines)
        try:
            async with asyncio.timeout(5):
                await line.writer.drain()
                line.writer.close()
                await line.writer.wait_closed()
        except (OSError, ssl.SSLError):
            line.writer.transport.abort()

    # keeping

    async def _keep_all(self) -> None:
        loop = asyncio.get_running_loop()
        while items := await self._inbox.take(self.settings.batch):
            going = [item for item in items if not item.line.broken]
            parcels = [item.parcel for item in going if item.parcel is not None]
            outcomes: list[Outcome] | None = []
            if parcels:
                began = loop.time()
                try:
                    outcomes = await loop.run_in_executor(self._thread, self._keep, parcels)
                except DatabaseGone as error:
                    log.warning("%d messages were not kept: %s", len(parcels), error)
                    outcomes = None
                except Exception:
                    log.exception("%d messages were not kept", len(parcels))
                    outcomes = None
                self.counts.batch(len(parcels), loop.time() - began)
            self._answer(items, outcomes)

    def _answer(self, items: Sequence[Item], outcomes: list[Outcome] | None) -> None:
        """Answer each, in order. Without outcomes nothing was kept: what was to be kept is refused, its line ends."""
        became = iter(outcomes or ())
        for item in items:
            line = item.line
            if not line.broken:
                line.say(self._words(item, None if outcomes is None or item.parcel is None else next(became)))
            line.waiting -= 1
            if not line.waiting:
                line.answered.set()
        if outcomes is None:
            for line in {item.line for item in items if item.parcel is not None}:
                line.broken = True
                line.writer.close()  # sends what is written first; what else is on the way is not kept and not answered

    def _words(self, item: Item, outcome: Outcome | None) -> bytes | None:
        now = datetime.now(UTC)
        if outcome is None:
            self.counts.refused += 1
            return acks.answer(item.header, "refused", item.refusal or NOT_KEPT, now)
        self.counts.kept += 1
        self.counts.repeated += outcome.repeated
        self.counts.waiting += bool(outcome.waiting) and not outcome.repeated
        if item.parcel is not None and item.parcel.unreadable:
            return acks.answer(item.header, "refused", f"{item.parcel.unreadable}. It is kept for a person", now)
        words = f"Kept, waits for a person: {outcome.waiting}" if outcome.waiting else ""
        return acks.answer(item.header, "kept", words, now)


def _parcel(line: Line, header: acks.Header | None, raw: bytes) -> Parcel:
    """What is to be kept of a message; one without a name gets one."""
    why = acks.unreadable(header)
    now = datetime.now(UTC)
    if header is None or why:
        sender = f"{line.organisation or 'unknown'}|unknown"
        return Parcel(Arrived(sender, acks.made_up_number(raw), "mllp", now, raw), why)
    return Parcel(Arrived(header.sender, acks.control_id(header), "mllp", now, raw))


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Let the system find out, within some three minutes, that the other side has gone without a word."""
    line = writer.get_extra_info("socket")
    if line is None:
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 6)):
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
