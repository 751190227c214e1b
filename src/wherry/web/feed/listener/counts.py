"""What the listener has done since it began, and in the last minute, as one line of words."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass
class Counts:
    """Totals since the listener began. `connections` is how many there are now."""

    received: int = 0
    kept: int = 0
    repeated: int = 0
    waiting: int = 0
    refused: int = 0
    too_large: int = 0
    unfinished: int = 0
    answers_ignored: int = 0
    garbage_bytes: int = 0
    turned_away: int = 0
    lost: int = 0
    connections: int = 0
    batches: int = 0
    largest_batch: int = 0
    slowest_seconds: float = 0

    def batch(self, size: int, seconds: float) -> None:
        """One transaction more."""
        self.batches += 1
        self.largest_batch = max(self.largest_batch, size)
        self.slowest_seconds = max(self.slowest_seconds, seconds)

    def copy(self) -> Counts:
        """These counts as they are now; the largest and the slowest begin again."""
        taken = replace(self)
        self.largest_batch, self.slowest_seconds = 0, 0.0
        return taken

    def since(self, earlier: Counts) -> str:
        """What has happened since an earlier copy, in words; what is zero and rare is left out.

        >>> Counts(received=12, kept=12, repeated=2, connections=3, batches=4).since(Counts(received=2, kept=2))
        'received 10, kept 10 (2 repeated, 0 waiting), transactions 4 (largest 0, slowest 0.00 s), connections 3'
        """

        def more(name: str) -> int:
            return int(getattr(self, name) - getattr(earlier, name))

        words = [
            f"received {more('received')}",
            f"kept {more('kept')} ({more('repeated')} repeated, {more('waiting')} waiting)",
            f"transactions {more('batches')} (largest {self.largest_batch}, slowest {self.slowest_seconds:.2f} s)",
            f"connections {self.connections}",
        ]
        rare = {
            "refused": "refused",
            "too_large": "too large",
            "unfinished": "not ended",
            "answers_ignored": "answers ignored",
            "garbage_bytes": "bytes of garbage skipped",
            "turned_away": "connections turned away",
            "lost": "connections lost",
        }
        return ", ".join([*words, *(f"{what} {more(name)}" for name, what in rare.items() if more(name))])
