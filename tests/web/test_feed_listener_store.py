"""The listener over the real store and database: commits that are on disk, faults, a full disk, fuzz."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DataError, OperationalError, connection
from feed_wire import Running, Sender, adt, play_out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wherry.web.feed import models, store
from wherry.web.feed.arrived import Arrived, Outcome
from wherry.web.feed.listener import options
from wherry.web.feed.listener.keeping import DatabaseGone, Keeper, Parcel
from wherry.web.feed.models import Message, PlayedTime, Visit

pytestmark = pytest.mark.usefixtures("two_writers")
NOW = datetime(2026, 4, 3, 10, tzinfo=UTC)


def parcel(number: str, raw: bytes = b"", unreadable: str = "") -> Parcel:
    return Parcel(Arrived("RM1|PAS", number, "mllp", NOW, raw or adt(number, visit=f"V{number}")), unreadable)


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    made = Keeper(store.take)
    yield made
    made.close()


def test_a_commit_is_on_disk_before_it_counts(keeper: Keeper) -> None:
    keeper.keep([parcel("1")])
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous" if connection.vendor == "sqlite" else "SHOW synchronous_commit")
        assert cursor.fetchone()[0] in {2, "on"}
    keeper.close()
    assert keeper.keep([parcel("1")]) == [Outcome("1", repeated=True)]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous" if connection.vendor == "sqlite" else "SHOW synchronous_commit")
        assert cursor.fetchone()[0] in {2, "on"}


def test_a_message_that_breaks_us_is_kept_unread_and_the_others_are_applied() -> None:
    def breaks(batch: Sequence[Arrived]) -> list[Outcome]:
        outcomes = store.take(batch)
        if any(arrived.control_id == "3" for arrived in batch):
            raise DataError("value too long")
        return outcomes

    keeper = Keeper(breaks)
    outcomes = keeper.keep([parcel(str(number)) for number in range(6)])
    assert [outcome.control_id for outcome in outcomes] == [str(number) for number in range(6)]
    assert [bool(outcome.waiting) for outcome in outcomes] == [False, False, False, True, False, False]
    assert "a fault of this program" in outcomes[3].waiting
    assert Message.objects.filter(state="applied").count() == 5
    kept = Message.objects.get(state="waiting")
    assert (bytes(kept.raw), kept.event) == (adt("3", visit="V3"), None)
    assert keeper.keep([parcel("3")])[0].repeated
    assert Message.objects.count() == 6


def test_a_connection_that_had_died_is_made_again_and_a_database_that_stays_away_is_said() -> None:
    failures = [OperationalError("server closed the connection"), OperationalError("again"), OperationalError("gone")]
    left = failures[:1]

    def take(batch: Sequence[Arrived]) -> list[Outcome]:
        outcomes = store.take(batch)
        if left:
            raise left.pop()
        return outcomes

    keeper = Keeper(take)
    assert keeper.keep([parcel("1")]) == [Outcome("1", repeated=False)]
    left.extend(failures[1:])
    with pytest.raises(DatabaseGone, match="again"):
        keeper.keep([parcel("2"), parcel("3")])
    assert list(Message.objects.values_list("control_id", flat=True)) == ["1"]
    assert [outcome.repeated for outcome in keeper.keep([parcel("1"), parcel("2"), parcel("3")])] == [
        True,
        False,
        False,
    ]


def test_a_full_disk_keeps_nothing_of_a_batch_and_the_next_goes_when_there_is_room() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("how SQLite says that the disk is full")
    full = [True]

    def take(batch: Sequence[Arrived]) -> list[Outcome]:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0] if full else 2**30
            cursor.execute(f"PRAGMA max_page_count={pages}")
        return store.take(batch)

    keeper = Keeper(take)
    large = [parcel(str(number), adt(str(number), visit=f"V{number}") + b"NTE|" + b"x" * 50_000) for number in range(9)]
    with pytest.raises(DatabaseGone, match="full"):
        keeper.keep(large)
    assert not Message.objects.exists()
    full.clear()
    assert len(keeper.keep(large)) == 9
    keeper.close()
    assert Visit.objects.count() == 9


def test_in_a_played_day_messages_arrive_at_the_played_time(keeper: Keeper) -> None:
    PlayedTime.objects.create(started_at=NOW, from_at=NOW, speed=1, stopped_at=NOW.replace(hour=3))
    keeper.keep([parcel("1"), parcel("2", b"?", "unreadable")])
    assert set(Message.objects.values_list("received_at", flat=True)) == {NOW.replace(hour=3)}


_GOOD = adt("good", "||||||", visit="VG")
_PIECES = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda at, change, more: _GOOD[:at] + change + _GOOD[at + more :],
        st.integers(0, len(_GOOD)),
        st.one_of(
            st.binary(max_size=6), st.sampled_from([b"|", b"^", b"~", b"\\X00\\", b"\x00", b'""', b"\xff", b"9" * 300])
        ),
        st.integers(0, 25),
    ),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.lists(_PIECES, min_size=1, max_size=12))
def test_whatever_is_sent_is_answered_and_what_was_answered_as_kept_is_there(pieces: list[bytes]) -> None:
    async def play() -> list[tuple[str, str, str] | None]:
        keeper = Keeper(store.take)
        running = Running(keeper)
        running.listener._done = keeper.close
        async with running as (_, port):
            sender = await Sender.to(port)
            await sender.send(*(piece.replace(b"\x0b", b"").replace(b"\x1c", b"") for piece in pieces), adt("after"))
            answers = []
            while not answers or answers[-1] is None or answers[-1][1] != "after":
                answers.append(await sender.answer())
                assert answers[-1] is not None
            return answers

    models.Message.objects.all().delete()
    answers = play_out(play())
    assert answers[-1] == ("AA", "after", "")
    there = set(Message.objects.values_list("control_id", flat=True))
    for code, number, words in filter(None, answers):
        assert code in {"AA", "CA", "AR", "CR"}
        assert "cannot be reached" not in words
        if code in {"AA", "CA"}:
            assert number.encode("latin-1").decode("utf-8", "replace").replace("\x00", "") in there or number in there
    assert Visit.objects.get(pk="RM1|V1").standing == "in_bed"


def test_over_tls_with_certificates_on_both_sides(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make certificates with")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += [
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run(command, check=True, capture_output=True)
    ours = options.tls(certificate, key, certificate)
    theirs = ssl.create_default_context(cafile=certificate)

    async def ask(sender: Sender) -> None:
        await sender.send(adt("0"))
        if await sender.answer() is None:
            raise ConnectionError

    async def play() -> None:
        keeper = Keeper(store.take)
        async with Running(keeper, tls=ours) as (listener, port):
            running = listener
            running._done = keeper.close
            nobody = await Sender.to(port, ssl=theirs, server_hostname="localhost")
            with pytest.raises(OSError):  # a TLS alert, or the connection's end
                await ask(nobody)
            theirs.load_cert_chain(certificate, key)
            sender = await Sender.to(port, ssl=theirs, server_hostname="localhost")
            await sender.send(adt("1"))
            assert await sender.answer() == ("AA", "1", "")

    play_out(play())
    assert Message.objects.get().control_id == "1"
