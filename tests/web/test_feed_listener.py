"""The listener over real sockets, with a keeper that tests can make slow or let fail."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import threading
from collections.abc import Sequence

import pytest
from feed_wire import FakeKeeper, Running, Sender, adt, play_out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.web.feed.arrived import Outcome
from wherry.web.feed.listener import options, process
from wherry.web.feed.listener.keeping import Parcel
from wherry.web.feed.listener.mllp import frame
from wherry.web.feed.listener.options import Settings
from wherry.web.feed.listener.server import NOT_KEPT


def test_each_message_is_answered_by_its_number_in_the_order_of_its_connection() -> None:
    async def play() -> None:
        keeper = FakeKeeper(reasons={"7": "Nobody knows patient 12345"})
        async with Running(keeper) as (listener, port):
            sender = await Sender.to(port)
            await sender.send(*(adt(str(n)) for n in range(40)))
            answers = await sender.answers(40)
            assert [answer and answer[:2] for answer in answers] == [("AA", str(n)) for n in range(40)]
            assert answers[7] == ("AA", "7", "Kept, waits for a person: Nobody knows patient 12345")
            assert (listener.counts.received, listener.counts.kept, listener.counts.waiting) == (40, 40, 1)
        assert keeper.numbers == [str(n) for n in range(40)]
        first = keeper.kept[0].arrived
        assert (first.sender, first.door, first.raw) == ("RM1|PAS", "mllp", adt("0"))

    play_out(play())


def test_one_message_in_many_packets_and_many_in_one() -> None:
    async def play() -> None:
        async with Running(FakeKeeper()) as (_, port):
            sender = await Sender.to(port)
            stream = frame(adt("1")) + b"\n garbage \r" + frame(adt("2")) + frame(adt("3"))
            for at in range(0, len(stream), 37):
                await sender.raw(stream[at : at + 37])
                await asyncio.sleep(0)
            assert [a and a[:2] for a in await sender.answers(3)] == [("AA", "1"), ("AA", "2"), ("AA", "3")]

    play_out(play())


def test_nothing_is_acknowledged_before_it_is_kept_and_what_arrives_meanwhile_goes_together() -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Slow(FakeKeeper):
        def keep(self, parcels: Sequence[Parcel]) -> list[Outcome]:
            entered.set()
            assert go_on.wait(120)
            return super().keep(parcels)

    async def play() -> None:
        keeper = Slow()
        async with Running(keeper) as (listener, port):
            first, second = await Sender.to(port), await Sender.to(port)
            await first.send(adt("1"))
            await asyncio.to_thread(entered.wait, 120)
            await second.send(*(adt(f"s{n}", organisation="RGP") for n in range(10)))
            await first.send(adt("2"))
            while listener.counts.received < 12:
                await asyncio.sleep(0.005)
            assert listener.counts.kept == 0
            go_on.set()
            assert await first.answers(2) == [("AA", "1", ""), ("AA", "2", "")]
            assert len(await second.answers(10)) == 10
        assert keeper.batches == [1, 11]

    play_out(play())


def test_a_store_that_fails_refuses_by_name_and_closes_and_the_next_connection_is_served() -> None:
    async def play() -> None:
        keeper = FakeKeeper(gone=1)
        async with Running(keeper) as (listener, port):
            sender = await Sender.to(port)
            await sender.send(adt("1"))
            assert await sender.answer() == ("AR", "1", NOT_KEPT)
            assert await sender.answer() is None
            assert keeper.kept == []
            again = await Sender.to(port)
            await again.send(adt("1"))
            assert await again.answer() == ("AA", "1", "")
            assert (listener.counts.refused, listener.counts.kept) == (1, 1)

    play_out(play())


def test_a_fault_of_ours_while_keeping_is_a_refusal_and_not_the_end() -> None:
    class Faulty(FakeKeeper):
        def keep(self, parcels: Sequence[Parcel]) -> list[Outcome]:
            if not self.batches:
                self.batches.append(0)
                raise ZeroDivisionError
            return super().keep(parcels)

    async def play() -> None:
        async with Running(Faulty()) as (_, port):
            sender = await Sender.to(port)
            await sender.send(adt("1"))
            assert (await sender.answer() or ("",))[0] == "AR"
            again = await Sender.to(port)
            await again.send(adt("1"))
            assert (await again.answer() or ("",))[0] == "AA"

    play_out(play())


def test_what_has_no_header_is_kept_for_a_person_and_refused_without_a_number() -> None:
    async def play() -> None:
        keeper = FakeKeeper()
        allow = ((ipaddress.ip_network("127.0.0.0/8"), "RGP"),)
        async with Running(keeper, allow=allow) as (_, port):
            sender = await Sender.to(port)
            await sender.send(b"hello", adt("", organisation="RM1"), adt("3"))
            first, second, third = await sender.answers(3)
            assert first is not None
            assert first[:2] == ("AR", "")
            assert "does not begin with an MSH segment. It is kept for a person" in first[2]
            assert second is not None
            assert second[:2] == ("AR", "")
            assert third == ("AA", "3", "")
        assert [parcel.arrived.sender for parcel in keeper.kept] == ["RGP|unknown", "RGP|unknown", "RM1|PAS"]
        assert keeper.kept[0].arrived.control_id.startswith("unnamed-")

    play_out(play())


def test_too_large_is_refused_by_name_in_its_place_and_the_line_goes_on() -> None:
    async def play() -> None:
        keeper = FakeKeeper()
        async with Running(keeper, message_bytes_at_most=2000) as (listener, port):
            sender = await Sender.to(port)
            await sender.send(adt("1"), adt("2") + b"x" * 5000, adt("3"))
            assert [a and a[:2] for a in await sender.answers(3)] == [("AA", "1"), ("AR", "2"), ("AA", "3")]
            assert listener.counts.too_large == 1
        assert keeper.numbers == ["1", "3"]

    play_out(play())


def test_a_message_that_never_ends_is_refused_by_name_and_others_are_served() -> None:
    async def play() -> None:
        keeper = FakeKeeper()
        async with Running(keeper, message_seconds=0.1) as (listener, port):
            sender, other = await Sender.to(port), await Sender.to(port)
            await sender.raw(b"\x0b" + adt("9")[:-20])
            await other.send(adt("1"))
            assert await other.answer() == ("AA", "1", "")
            assert await sender.answer() == ("AR", "9", "Not kept: the message was not ended")
            assert await sender.answer() is None
            half = await Sender.to(port)
            await half.raw(b"\x0b" + adt("8"))
            half.writer.write_eof()
            assert await half.answer() == ("AR", "8", "Not kept: the message was not ended")
            assert listener.counts.unfinished == 2
        assert keeper.numbers == ["1"]

    play_out(play())


def test_one_who_reads_no_answers_holds_up_nobody() -> None:
    async def play() -> None:
        keeper = FakeKeeper()
        async with Running(keeper, answer_seconds=0.3) as (listener, port):
            deaf = socket.create_connection(("127.0.0.1", port))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            stream = frame(b"MSH|^~\\&|P|RM1|" + b"x" * 30_000 + b"||||ADT^A01|1|P|2.4") * 10
            loop = asyncio.get_running_loop()

            async def shout() -> None:
                try:
                    while True:
                        await loop.sock_sendall(deaf, stream)
                except OSError as error:
                    assert error.errno in {errno.ECONNRESET, errno.EPIPE}  # noqa: PT017

            shouting = asyncio.create_task(shout())
            sender = await Sender.to(port)
            for number in range(20):
                await sender.send(adt(str(number)))
                assert await sender.answer() == ("AA", str(number), "")
            await asyncio.wait_for(shouting, 120)
            assert listener.counts.lost == 1
            deaf.close()

    play_out(play())


def test_one_who_goes_away_before_the_answer_does_no_harm() -> None:
    async def play() -> None:
        keeper = FakeKeeper()
        async with Running(keeper) as (_, port):
            for number in range(10):
                gone = await Sender.to(port)
                await gone.send(adt(str(number)))
                gone.writer.transport.abort()
            sender = await Sender.to(port)
            await sender.send(adt("last"))
            assert await sender.answer() == ("AA", "last", "")

    play_out(play())


def test_a_full_inbox_lets_senders_wait_and_loses_nothing() -> None:
    async def play() -> None:
        keeper = FakeKeeper()
        async with Running(keeper, inbox_messages=3, batch=2) as (_, port):
            senders = [await Sender.to(port) for _ in range(4)]
            for at, sender in enumerate(senders):
                await sender.send(*(adt(f"{at}-{n}") for n in range(25)))
            for at, sender in enumerate(senders):
                assert [a and a[1] for a in await sender.answers(25)] == [f"{at}-{n}" for n in range(25)]
        assert max(keeper.batches) <= 2
        assert len(set(keeper.numbers)) == 100

    play_out(play())


def test_stopping_keeps_and_answers_what_has_arrived() -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Slow(FakeKeeper):
        def keep(self, parcels: Sequence[Parcel]) -> list[Outcome]:
            entered.set()
            assert go_on.wait(120)
            return super().keep(parcels)

    async def play() -> None:
        keeper = Slow()
        running = Running(keeper)
        listener, port = await running.__aenter__()
        sender = await Sender.to(port)
        await sender.send(adt("1"), adt("2"))
        await asyncio.to_thread(entered.wait, 120)
        while listener.counts.received < 2:
            await asyncio.sleep(0.005)
        stopping = asyncio.create_task(listener.stop())
        await asyncio.sleep(0.01)
        go_on.set()
        assert await sender.answers(2) == [("AA", "1", ""), ("AA", "2", "")]
        assert await sender.answer() is None
        await stopping
        assert keeper.numbers == ["1", "2"]
        with pytest.raises(OSError):
            await Sender.to(port)

    play_out(play())


def test_only_those_on_the_list_may_connect_and_only_so_many() -> None:
    async def play() -> None:
        nobody = ((ipaddress.ip_network("192.0.2.0/24"), ""),)
        async with Running(FakeKeeper(), allow=nobody) as (listener, port):
            assert await (await Sender.to(port)).answer() is None
            assert listener.counts.turned_away == 1
        async with Running(FakeKeeper(), connections_at_most=1) as (listener, port):
            first = await Sender.to(port)
            await first.send(adt("1"))
            await first.answer()
            assert await (await Sender.to(port)).answer() is None
            first.close()
            while listener.counts.connections:
                await asyncio.sleep(0.005)
            again = await Sender.to(port)
            await again.send(adt("2"))
            assert await again.answer() == ("AA", "2", "")

    play_out(play())


def test_an_answer_is_not_answered() -> None:
    async def play() -> None:
        keeper = FakeKeeper()
        async with Running(keeper) as (listener, port):
            sender = await Sender.to(port)
            await sender.send(b"MSH|^~\\&|PAS|RM1|||2026||ACK^A01|5|P|2.4\rMSA|AA|1\r", adt("6"))
            assert await sender.answer() == ("AA", "6", "")
            assert listener.counts.answers_ignored == 1
        assert keeper.numbers == ["6"]

    play_out(play())


def test_one_listener_a_port() -> None:
    async def play() -> None:
        async with Running(FakeKeeper()) as (_, port):
            second = Running(FakeKeeper())
            second.listener.settings = Settings(port=port)
            with pytest.raises(UserError, match="Only one listener"):
                await process._listen(second.listener, 60)

    play_out(play())


@pytest.mark.parametrize("words", [["10.0.0.1.2"], ["here=RM1"]])
def test_addresses_that_cannot_be_read_are_said(words: list[str]) -> None:
    with pytest.raises(UserError, match="is not an address"):
        options.allowed(words)


def test_certificates_that_cannot_be_read_are_said() -> None:
    with pytest.raises(UserError, match="cannot be read"):
        options.tls("/nowhere/cert.pem", "", "")
    with pytest.raises(UserError, match="need --tls-certificate"):
        options.tls("", "/nowhere/key.pem", "")
    assert options.tls("", "", "") is None


_GOOD = adt("good", "|||")
_MUTATED = st.builds(
    lambda at, change, more: _GOOD[:at] + change + _GOOD[at + more :],
    st.integers(0, len(_GOOD)),
    st.binary(max_size=12),
    st.integers(0, 40),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.binary(max_size=200), st.binary(max_size=80).map(frame), _MUTATED.map(frame)), max_size=8))
def test_nothing_that_is_sent_stops_the_listener_or_a_good_message_after_it(pieces: list[bytes]) -> None:
    async def play() -> None:
        keeper = FakeKeeper()
        async with Running(keeper) as (listener, port):
            sender = await Sender.to(port)
            for piece in pieces:
                await sender.raw(piece)
            await sender.send(adt("after"))
            answer = await sender.answer()
            while answer is not None and answer[1] != "after":
                assert answer[0] in {"AA", "AR", "CA", "CR"}
                answer = await sender.answer()
            assert answer == ("AA", "after", "")
            assert listener.counts.kept == len(keeper.kept)
        assert keeper.kept[-1].arrived.raw == adt("after")

    play_out(play())
