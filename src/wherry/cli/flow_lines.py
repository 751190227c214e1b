"""A sender's connection to a listener (MLLP): messages in order, and again whatever was not acknowledged.

A message counts as sent when its own acknowledgement (MSA-2) said AA or CA. After a lost connection or a refusal (AR)
everything from the oldest message without one goes again, in order: a listener keeps the same message once.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable

from wherry.synthetic.flow.story import Message

_START, _END = b"\x0b", b"\x1c\r"
_SLOWEST_RETRY_SECONDS = 5.0
_ANSWER_WITHIN_SECONDS = 30.0


class Line(threading.Thread):
    """One sender's messages. `due` says how many seconds there are until a message is to be sent (0 or less: now)."""

    def __init__(self, host: str, port: int, due: Callable[[Message], float], *, window: int) -> None:
        super().__init__(daemon=True)
        self.host, self.port, self.due, self.window = host, port, due, window
        self.ahead: deque[Message] = deque()
        self.open: deque[tuple[str, Message]] = deque()
        self.acknowledged = 0
        self.lost_connections = 0
        self.trouble = ""
        self.finished = threading.Event()
        self._socket: socket.socket | None = None
        self._held = b""
        self._lock = threading.Lock()
        self._news = threading.Event()

    def add(self, messages: list[Message]) -> None:
        """Messages to send after those that are there already."""
        with self._lock:
            self.ahead.extend(messages)
        self._news.set()

    def waiting(self) -> int:
        """Messages that have not been acknowledged, those that are not due yet included."""
        with self._lock:
            return len(self.open) + len(self.ahead)

    def oldest(self) -> int | None:
        """The moment of sending of the oldest message that is not acknowledged, or None."""
        with self._lock:
            both = [line[0] for line in (self.open, self.ahead) if line]
            moments = [one[1].delivered if isinstance(one, tuple) else one.delivered for one in both]
            return min(moments, default=None)

    def run(self) -> None:
        """Send until told to finish."""
        pause = 0.2
        while not self.finished.is_set():
            try:
                if self._socket is None:
                    self._connect()
                self._step()
                pause = 0.2
            except OSError as error:
                self.trouble = str(error)
                self._hang_up()
                self.finished.wait(pause)
                pause = min(pause * 2, _SLOWEST_RETRY_SECONDS)
        self._hang_up()

    def _connect(self) -> None:
        self._socket = socket.create_connection((self.host, self.port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""
        self.trouble = ""
        self._answered = time.monotonic()
        with self._lock:
            again = [message for _, message in self.open]
        for message in again:
            self._socket.sendall(_START + message.raw + _END)

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self.lost_connections += not self.finished.is_set()

    def _step(self) -> None:
        """Send what is due as far as the window lets, and read what is answered; at most a second."""
        assert self._socket is not None  # noqa: S101 - connected by `run`
        patience = 1.0
        batch: list[bytes] = []
        with self._lock:
            while self.ahead and len(self.open) < self.window:
                message = self.ahead[0]
                patience = self.due(message)
                if patience > 0:
                    break
                self.ahead.popleft()
                if not self.open and not batch:
                    self._answered = time.monotonic()
                self.open.append((message.control_id, message))
                batch.append(_START + message.raw + _END)
            if not self.ahead:
                patience = 1.0
        if batch:
            self._socket.sendall(b"".join(batch))
        limit = 1.0 if self.open else min(patience, 1.0)
        if self.open and 0 < patience < limit:
            limit = patience
        readable, _, _ = select.select([self._socket], [], [], max(limit, 0.001))
        if readable:
            piece = self._socket.recv(65_536)
            if not piece:
                raise ConnectionError("the listener closed the connection")
            self._read(piece)
        elif self.open and time.monotonic() - self._answered > _ANSWER_WITHIN_SECONDS:
            raise ConnectionError(f"no acknowledgement for {_ANSWER_WITHIN_SECONDS:g} seconds")

    def _read(self, piece: bytes) -> None:
        self._held += piece
        while (end := self._held.find(_END[:1])) >= 0:
            block, self._held = self._held[:end], self._held[end + 1 :]
            verdict, control = _answer(block)
            if verdict not in ("AA", "CA"):
                raise ConnectionError(f"{control or 'a message'} was refused ({verdict or 'no verdict'})")
            self._answered = time.monotonic()
            with self._lock:
                for place, (number, _) in enumerate(self.open):
                    if number == control:
                        del self.open[place]
                        self.acknowledged += 1
                        break


def _answer(block: bytes) -> tuple[str, str]:
    r"""MSA-1 and MSA-2 of an acknowledgement.

    >>> _answer(b"\x0bMSH|^~\\&|W|W|PAS|RM1|2026||ACK|1|P|2.4\rMSA|AA|000012-010\r")
    ('AA', '000012-010')
    """
    for segment in block.split(b"\r"):
        if segment.startswith(b"MSA"):
            fields = segment.decode("utf-8", "replace").split("|")
            return fields[1] if len(fields) > 1 else "", fields[2] if len(fields) > 2 else ""
    return "", ""
