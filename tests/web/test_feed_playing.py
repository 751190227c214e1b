"""An artificial day replayed through the store ends in the exact truth, whatever its order; and played time."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from wherry.cli.flow_lines import Line
from wherry.errors import UserError
from wherry.synthetic.flow.calendar import DAY, LONDON
from wherry.synthetic.flow.settings import load
from wherry.synthetic.flow.story import Message, Story, tell
from wherry.web import snapshot
from wherry.web.access.models import AuditEvent
from wherry.web.feed import clock, playing, store
from wherry.web.feed.arrived import Arrived
from wherry.web.feed.models import PlayedTime, Stay, Visit

OPENED = datetime(2026, 6, 2, tzinfo=LONDON)


@cache
def story() -> Story:
    """A small hospital system: a twelfth of the patients, one ward of each kind."""
    return tell(load("norfolk-waveney").smaller(0.08, 1), seed=7, opening=OPENED, days=1, weeks=1)


def take(messages: list[Message]) -> None:
    at = datetime(2026, 6, 2, 12, tzinfo=UTC)
    for place in range(0, len(messages), 150):
        store.take([Arrived(m.sender, m.control_id, "mllp", at, m.raw) for m in messages[place : place + 150]])


@pytest.mark.django_db
def test_a_day_replayed_ends_in_the_exact_truth_at_every_step() -> None:
    one = story()
    take(one.opening_position())
    assert playing.differences(one.truth(one.opening)) == []
    noon, end = one.opening + DAY // 2, one.opening + DAY
    take(one.messages(one.opening, noon))
    assert playing.differences(one.truth(noon)) == []
    take(one.messages(noon, end))
    assert playing.differences(one.truth(end)) == []
    assert Visit.objects.filter(standing="left").count() > 40
    # and in that truth no bed of the feed has two people in it now
    beds = list(Stay.objects.filter(to_at=None).exclude(bed_key="").values_list("bed_key", flat=True))
    assert len(beds) > 50


@pytest.mark.django_db
def test_the_whole_day_in_any_order_and_twice_ends_in_the_same_truth() -> None:
    one = story()
    everything = [*one.opening_position(), *one.messages(one.opening, one.opening + DAY)]
    shuffled = [*everything, *random.Random(5).sample(everything, 100)]
    random.Random(4).shuffle(shuffled)
    take(shuffled)
    assert playing.differences(one.truth(one.opening + DAY)) == []


@pytest.mark.django_db
def test_differences_are_told_one_by_one() -> None:
    one = story()
    take(one.opening_position())
    wrong = Visit.objects.filter(standing="in_bed").order_by("key")[0]
    Visit.objects.filter(pk=wrong.pk).update(standing="left")
    gone = Visit.objects.filter(standing="booked").order_by("key")[0]
    key = gone.key
    gone.delete()
    found = playing.differences(one.truth(one.opening))
    assert found == [f"{key} is not known", f"{wrong.key}: standing is 'left' and should be 'in_bed'"]


@pytest.fixture
def artificial(monkeypatch: pytest.MonkeyPatch) -> None:
    class Made:
        artificial = True

    monkeypatch.setattr(snapshot, "current", lambda purpose="care": Made())


@pytest.mark.django_db
@pytest.mark.usefixtures("artificial")
def test_played_time_runs_stands_and_is_one_row() -> None:
    opened = datetime(2026, 6, 2, tzinfo=UTC)
    playing.begin(system="norfolk-waveney", seed=2, opened_at=opened, from_at=opened, speed=3600)
    PlayedTime.objects.update(started_at=datetime.now(UTC) - timedelta(seconds=2))
    assert clock.now() - opened >= timedelta(hours=2)
    playing.begin(system="norfolk-waveney", seed=2, opened_at=opened, from_at=opened, speed=1)
    assert PlayedTime.objects.count() == 1
    playing.told(opened + timedelta(hours=2))
    playing.stop(opened + timedelta(hours=5))
    found = playing.state()
    assert found is not None
    assert (found.told_until, found.seed) == (opened + timedelta(hours=2), 2)
    assert clock.now() == opened + timedelta(hours=5)
    assert AuditEvent.objects.filter(action="feed.played_time").count() == 3
    with pytest.raises(UserError, match="cannot be played at speed 0"):
        playing.begin(system="norfolk-waveney", seed=2, opened_at=opened, from_at=opened, speed=0)


@pytest.mark.django_db
@pytest.mark.parametrize("is_artificial", [False, None])
def test_a_hub_of_real_people_has_no_played_time(monkeypatch: pytest.MonkeyPatch, is_artificial: bool | None) -> None:
    class Real:
        artificial = False

    monkeypatch.setattr(snapshot, "current", lambda purpose="care": None if is_artificial is None else Real())
    at = datetime(2026, 6, 2, tzinfo=UTC)
    with pytest.raises(UserError, match="no artificial day is played into it"):
        playing.begin(system="norfolk-waveney", seed=1, opened_at=at, from_at=at, speed=1)
    assert not PlayedTime.objects.exists()


class Peer:
    """A listener that keeps what it acknowledges, and sometimes hangs up or refuses before it does."""

    def __init__(self, trouble: dict[int, str]) -> None:
        self.kept: list[bytes] = []
        self.seen = 0
        self.trouble = trouble
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with suppress(OSError), connection:  # the line hangs up too, with answers unread
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        held = b""
        while piece := connection.recv(4096):
            held += piece
            while b"\x1c\r" in held:
                block, held = held.split(b"\x1c\r", 1)
                raw = block.lstrip(b"\x0b")
                self.seen += 1
                trouble = self.trouble.get(self.seen, "")
                if trouble == "hang up":
                    return
                control = raw.split(b"|")[9]
                if trouble == "keep and hang up":
                    self.kept.append(raw)
                    return
                verdict = b"AR" if trouble == "refuse" else b"AA"
                if verdict == b"AA":
                    self.kept.append(raw)
                connection.sendall(b"\x0bMSH|^~\\&|W|W||||ACK|1|P|2.4\rMSA|" + verdict + b"|" + control + b"\r\x1c\r")


@contextmanager
def line_to(peer: Peer, window: int) -> Iterator[Line]:
    line = Line("127.0.0.1", peer.port, lambda message: 0.0, window=window)
    line.start()
    try:
        yield line
    finally:
        line.finished.set()
        line.join(5)
        peer.server.close()


@pytest.mark.parametrize("window", [1, 7])
def test_a_line_sends_again_what_was_not_acknowledged_and_loses_nothing(window: int) -> None:
    messages = [
        Message(n, "RM1|PAS", f"c{n}", "A08", f"MSH|^~\\&|PAS|RM1|W|W|2026||ADT^A08|c{n}|P|2.4\r".encode())
        for n in range(40)
    ]
    peer = Peer({5: "hang up", 13: "refuse", 27: "keep and hang up"})
    with line_to(peer, window) as line:
        line.add(messages[:25])
        line.add(messages[25:])
        _until(lambda: not line.waiting())
        assert line.acknowledged == 40
        assert line.lost_connections == 3
        assert line.oldest() is None
    wanted = [message.raw for message in messages]
    first: list[bytes] = list(dict.fromkeys(peer.kept))
    assert sorted(first) == sorted(wanted)
    assert first == wanted or window > 1  # with one message at a time also the order holds
    # what was kept without an acknowledgement came again
    assert len(peer.kept) > len(first)


def test_a_line_waits_until_a_message_is_due() -> None:
    peer = Peer({})
    asked: list[int] = []
    is_due = threading.Event()

    def due(message: Message) -> float:
        asked.append(message.delivered)
        return 0.0 if is_due.is_set() else 0.01

    line = Line("127.0.0.1", peer.port, due, window=5)
    raw = b"MSH|^~\\&|PAS|RM1|W|W|2026||ADT^A08|late|P|2.4\r"
    line.add([Message(1, "RM1|PAS", "late", "A08", raw)])
    line.start()
    _until(lambda: len(asked) > 3)
    assert (peer.seen, line.oldest()) == (0, 1)
    is_due.set()
    _until(lambda: not line.waiting())
    line.finished.set()
    line.join(5)
    peer.server.close()
    assert peer.kept == [raw]


def _until(done: Callable[[], bool]) -> None:
    """Wait, for a good while, until something is so."""
    for _ in range(30_000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("it never was so")
