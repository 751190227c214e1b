"""The queue between connections and the one who keeps: bounded in messages and in bytes, first come first kept.

When it is full, connections are not read from, so their senders wait: nothing is refused for haste.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """What has a size in bytes."""

    @property
    def size(self) -> int:
        """Bytes."""


Item = TypeVar("Item", bound=Sized)


class Inbox(Generic[Item]):
    """Items in order. One taker, many putters."""

    def __init__(self, items_at_most: int, bytes_at_most: int) -> None:
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._items_at_most = items_at_most
        self._bytes_at_most = bytes_at_most
        self._changed = asyncio.Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, item: Item) -> None:
        """Wait for room, then put it last. An item larger than the whole room goes in alone."""
        async with self._changed:
            await self._changed.wait_for(self._has_room)
            self._items.append(item)
            self._bytes += item.size
            self._changed.notify_all()

    async def take(self, at_most: int) -> list[Item]:
        """Wait for something, then take all there is, up to a number; nothing once it is closed and empty."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._items or self._closed)
            taken = [self._items.popleft() for _ in range(min(at_most, len(self._items)))]
            self._bytes -= sum(item.size for item in taken)
            self._changed.notify_all()
            return taken

    async def close(self) -> None:
        """No more will come: whoever takes is told once it is empty."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return not self._items or (len(self._items) < self._items_at_most and self._bytes < self._bytes_at_most)
