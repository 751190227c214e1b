"""Framing and acknowledgements, without a connection."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from feed_wire import adt, msa
from hypothesis import given
from hypothesis import strategies as st

from wherry.web.feed.listener import acks
from wherry.web.feed.listener.mllp import KEPT_OF_TOO_LARGE, Block, Decoder, TooLarge, frame

AT = datetime(2026, 4, 3, 9, tzinfo=UTC)
_BODIES = st.binary(max_size=60).map(lambda raw: raw.replace(b"\x0b", b"").replace(b"\x1c", b""))
_NOISE = st.binary(max_size=8).map(lambda raw: raw.replace(b"\x0b", b""))


@given(st.lists(st.tuples(_NOISE, _BODIES), max_size=6), st.lists(st.integers(1, 40), max_size=30))
def test_however_the_bytes_are_cut_the_same_blocks_come_out(parts: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(noise + frame(body) for noise, body in parts)
    decoder, found, at = Decoder(1000), [], 0
    for cut in [*cuts, len(stream) + 1]:
        found += list(decoder.feed(stream[at : at + cut]))
        at += cut
    assert found == [Block(body) for _, body in parts]
    assert decoder.garbage_bytes == sum(len(noise) - noise.count(b"\r") - noise.count(b"\n") for noise, _ in parts)
    assert not decoder.inside
    assert decoder.unfinished == 0


@given(st.lists(st.binary(max_size=50), max_size=20), _BODIES)
def test_whatever_came_before_a_good_block_comes_out(noise: list[bytes], body: bytes) -> None:
    decoder = Decoder(1000)
    for piece in noise:
        list(decoder.feed(piece))
    assert list(decoder.feed(frame(body)))[-1] == Block(body)


@pytest.mark.parametrize("step", [1, 7, 100, 100_000])
def test_a_block_that_is_too_large_is_thrown_away_but_named(step: int) -> None:
    message = adt("77") + b"x" * 9000
    stream, decoder, found = frame(message) + frame(adt("78")), Decoder(5000), []
    for at in range(0, len(stream), step):
        found += list(decoder.feed(stream[at : at + step]))
    large, small = found
    assert isinstance(large, TooLarge)
    assert large.size == len(message)
    assert len(large.beginning) == KEPT_OF_TOO_LARGE
    header = acks.read_header(large.beginning)
    assert header is not None
    assert header.number == b"77"
    assert small == Block(adt("78"))


def test_a_large_block_is_not_held_in_memory() -> None:
    decoder = Decoder(10_000)
    list(decoder.feed(b"\x0b"))
    for _ in range(1000):
        list(decoder.feed(b"y" * 1000))
    assert len(decoder._held) <= 10_000 + 1000


def test_a_block_cut_off_by_another_is_counted_and_the_other_comes_out() -> None:
    decoder = Decoder(1000)
    assert list(decoder.feed(b"\x0bMSH|half" + frame(b"MSH|whole"))) == [Block(b"MSH|whole")]
    assert decoder.unfinished == 1


def _code(more: str, verdict: acks.Verdict) -> str | None:
    said = acks.answer(acks.read_header(adt("1", more)), verdict, "", AT)
    return None if said is None else msa(said)[0]


@pytest.mark.parametrize(
    ("more", "kept", "refused"),
    [
        ("", "AA", "AR"),
        ("|||AL|NE", "CA", "CR"),
        ("|||AL|AL", "CA", "CR"),
        ("|||NE|AL", "AA", "AR"),
        ("||||AL", "AA", "AR"),
        ("|||NE|NE", None, None),
        ("|||ER|NE", None, "CR"),
        ("|||SU|NE", "CA", None),
        ("|||NE|ER", None, "AR"),
    ],
)
def test_enhanced_mode_says_what_is_answered(more: str, kept: str | None, refused: str | None) -> None:
    assert _code(more, "kept") == kept
    assert _code(more, "refused") == refused


def test_an_answer_goes_back_where_the_message_came_from_with_its_own_separators() -> None:
    raw = b"MSH$%~\\&$PAS%1$RM1$ENGINE$ICB$20260403$$ADT%A01$A-9%7$T$2.5.1$$$$$$UNICODE UTF-8\rEVN$A01\r"
    header = acks.read_header(raw)
    assert header is not None
    assert (header.sender, header.kind) == ("RM1|PAS", b"ADT")
    said = acks.answer(header, "kept", "waits | for $ a ^ person", AT)
    assert said is not None
    first, second, last = said.split(b"\r")
    assert first.startswith(b"MSH$%~\\&$ENGINE$ICB$PAS%1$RM1$20260403090000+0000$$ACK%A01$20260403090000")
    assert first.endswith(b"$T$2.5.1$$$$$$UNICODE UTF-8")
    assert second == b"MSA$AA$A-9%7$waits for a person"
    assert last == b""


def test_no_header_is_answered_without_a_number() -> None:
    said = acks.answer(None, "refused", "no header", AT)
    assert said is not None
    assert msa(said) == ("AR", "", "no header")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "does not begin"),
        (b"MSH", "does not begin"),
        (b"MSHA^~\\&A", "does not begin"),
        (b"MSH|^~\\&|PAS|RM1||||||", "MSH-10"),
        (adt(""), "MSH-10"),
        (adt("x" * 300), "MSH-10"),
        (adt("a\x00b"), "MSH-10"),
        (adt("1", organisation=""), "MSH-4"),
        (adt("1", organisation="RM1" * 9), "MSH-4"),
    ],
)
def test_what_cannot_be_named_says_why(raw: bytes, why: str) -> None:
    assert why in acks.unreadable(acks.read_header(raw))


def test_a_good_header_is_readable_with_any_line_end_or_mark_before_it() -> None:
    for raw in (adt("5"), adt("5").replace(b"\r", b"\r\n"), b"\xef\xbb\xbf" + adt("5"), b"\n" + adt("5")):
        header = acks.read_header(raw)
        assert acks.unreadable(header) == ""
        assert header is not None
        assert acks.control_id(header) == "5"


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer_that_can_be_read(raw: bytes) -> None:
    for message in (raw, b"MSH" + raw, b"MSH|^~\\&|" + raw, adt("1")[:40] + raw):
        header = acks.read_header(message)
        said = acks.answer(header, "kept", acks.unreadable(header), AT)
        assert said is None or b"MSA" in said
        if header is not None and said is not None and len(header.number) <= 199:
            line = next(part for part in said.split(b"\r") if part.startswith(b"MSA"))
            assert line.split(header.separator)[2] == header.number
