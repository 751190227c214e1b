"""MLLP framing: what comes over a connection, cut into blocks. A block is VT, a message, FS and CR.

Bytes come in pieces of any size. What stands between blocks is skipped and counted; a block that is too large is read
to its end and thrown away, with its beginning kept so that the answer can name it; a VT within a block begins another,
for VT never stands in a message. Source: HL7 v2 Lower Layer Protocols, minimal (the CR after FS is not waited for).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

START, END, RETURN = b"\x0b", b"\x1c", b"\r"
#: Bytes of a block that is too large which are kept: its first segment is among them.
KEPT_OF_TOO_LARGE = 4096


@dataclass(frozen=True)
class Block:
    """One message as it came, without its frame."""

    raw: bytes


@dataclass(frozen=True)
class TooLarge:
    """A block beyond the limit: its first bytes, and how many there were in all."""

    beginning: bytes
    size: int


def frame(raw: bytes) -> bytes:
    r"""A message in its frame.

    >>> frame(b"MSH|^~\\&|")
    b'\x0bMSH|^~\\&|\x1c\r'
    """
    return START + raw + END + RETURN


class Decoder:
    r"""Pieces in, blocks out. `limit` is the largest message in bytes.

    >>> decoder = Decoder(limit=100)
    >>> list(decoder.feed(b"\r\n?\x0bMSH|one\x1c\r\x0bMSH|t")), list(decoder.feed(b"wo\x1c\r"))
    ([Block(raw=b'MSH|one')], [Block(raw=b'MSH|two')])
    >>> decoder.garbage_bytes, decoder.unfinished
    (1, 0)
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.garbage_bytes = 0  # between blocks, line ends left out
        self.unfinished = 0  # blocks that another cut off
        self._held = bytearray()
        self._inside = False
        self._size = 0

    @property
    def inside(self) -> bool:
        """Whether a block has begun and not ended."""
        return self._inside

    @property
    def beginning(self) -> bytes:
        """The first bytes of the block that has begun."""
        return bytes(self._held[:KEPT_OF_TOO_LARGE])

    def feed(self, piece: bytes) -> Iterator[Block | TooLarge]:
        """Blocks that this piece ends. Take all of them before the next piece."""
        at = 0
        while at < len(piece):
            at = self._skip(piece, at) if not self._inside else at
            if not self._inside:
                return
            end, again = piece.find(END, at), piece.find(START, at)
            if again >= 0 and (end < 0 or again < end):
                self.unfinished += 1
                self._begin()
                at = again + 1
                continue
            self._hold(piece[at : end if end >= 0 else len(piece)])
            if end < 0:
                return
            yield self._end()
            at = end + 1

    def _skip(self, piece: bytes, at: int) -> int:
        """Pass over what stands before the next block."""
        start = piece.find(START, at)
        between = piece[at : start if start >= 0 else len(piece)]
        self.garbage_bytes += len(between) - between.count(b"\r") - between.count(b"\n")
        if start >= 0:
            self._begin()
        return start + 1

    def _begin(self) -> None:
        self._held, self._inside, self._size = bytearray(), True, 0

    def _hold(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self.limit:
            self._held += part
        elif len(self._held) < KEPT_OF_TOO_LARGE:
            self._held += part[: KEPT_OF_TOO_LARGE - len(self._held)]
        else:
            del self._held[KEPT_OF_TOO_LARGE:]

    def _end(self) -> Block | TooLarge:
        held, self._held, self._inside = bytes(self._held), bytearray(), False
        return Block(held) if self._size <= self.limit else TooLarge(held[:KEPT_OF_TOO_LARGE], self._size)
