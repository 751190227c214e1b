"""Messages and a sender for tests of the listener: plain sockets, no asyncio of ours on the other side."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from wherry.web.feed.arrived import Outcome
from wherry.web.feed.listener.keeping import DatabaseGone, Parcel
from wherry.web.feed.listener.mllp import Block, Decoder, frame
from wherry.web.feed.listener.options import Settings
from wherry.web.feed.listener.server import Listener

T = TypeVar("T")


def adt(number: str, more: str = "", organisation: str = "RM1", trigger: str = "A01", visit: str = "V1") -> bytes:
    """A small admission. `more` is put after MSH-12."""
    return (
        f"MSH|^~\\&|PAS|{organisation}|WHERRY|ICB|20260403090000+0000||ADT^{trigger}|{number}|P|2.4{more}\r"
        f"EVN|{trigger}|20260403090000+0000||||20260403085500+0000\r"
        "PID|1||12345^^^RM1^MR~9990000018^^^NHS^NH||TESTER^Tess||19500101|F\r"
        f"PV1|1|I|AMU^A^A1^RM102|E||||||300|||||||||{visit}\r"
    ).encode()


@dataclass
class FakeKeeper:
    """Keeps in a list. `gone` lets that many batches fail; `held` makes it wait; `reasons` by control number."""

    kept: list[Parcel] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    gone: int = 0
    reasons: dict[str, str] = field(default_factory=dict)

    def keep(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        if self.gone:
            self.gone -= 1
            raise DatabaseGone("the disk is full")
        self.batches.append(len(parcels))
        before = {parcel.arrived.raw for parcel in self.kept}
        self.kept.extend(parcels)
        return [
            Outcome(
                parcel.arrived.control_id,
                parcel.arrived.raw in before,
                parcel.unreadable or self.reasons.get(parcel.arrived.control_id, ""),
            )
            for parcel in parcels
        ]

    @property
    def numbers(self) -> list[str]:
        return [parcel.arrived.control_id for parcel in self.kept]


def play_out(made: Coroutine[Any, Any, T]) -> T:
    """Run to its end in a thread of its own: a browser test may have left its own loop going in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, made).result()


class Sender:
    """One connection to a listener."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._decoder, self._ready = Decoder(1_000_000), list[bytes]()

    @classmethod
    async def to(cls, port: int, **options: Any) -> Sender:
        return cls(*await asyncio.open_connection("127.0.0.1", port, **options))

    async def send(self, *messages: bytes) -> None:
        await self.raw(b"".join(frame(message) for message in messages))

    async def raw(self, piece: bytes) -> None:
        self.writer.write(piece)
        await self.writer.drain()

    async def answer(self) -> tuple[str, str, str] | None:
        """MSA-1, MSA-2 and MSA-3 of the next answer; None once the connection has ended."""
        while not self._ready:
            piece = await asyncio.wait_for(self.reader.read(65536), 120)
            if not piece:
                return None
            self._ready += [block.raw for block in self._decoder.feed(piece) if isinstance(block, Block)]
        return msa(self._ready.pop(0))

    async def answers(self, number: int) -> list[tuple[str, str, str] | None]:
        return [await self.answer() for _ in range(number)]

    def close(self) -> None:
        self.writer.close()


def msa(answer: bytes) -> tuple[str, str, str]:
    """MSA-1, MSA-2 and MSA-3."""
    line = next(line for line in answer.decode("latin-1").split("\r") if line.startswith("MSA"))
    fields = [*line.split(line[3]), "", ""]
    return fields[1], fields[2], fields[3]


class Running:
    """`async with Running(keeper, **settings) as (listener, port)`."""

    def __init__(self, keeper: Any, **settings: Any) -> None:
        self.listener = Listener(Settings(port=0, **settings), keeper.keep)

    async def __aenter__(self) -> tuple[Listener, int]:
        return self.listener, await self.listener.start()

    async def __aexit__(self, *_: object) -> None:
        await self.listener.stop()
