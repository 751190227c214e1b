"""Reading HL7 v2: encoding characters, escapes, character sets, segment ends, and what is said when it cannot be."""

from __future__ import annotations

from datetime import UTC, datetime

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.flow.adt import Location, ReadError
from wherry.flow.adt.codes import load
from wherry.flow.adt.er7 import Segments
from wherry.flow.adt.hl7v2 import parse

CODES = load("norfolk-waveney")
#: Written for this test in the manner of HL7 v2.4 chapter 3: an admission through the emergency department.
ADMISSION = "\r".join(
    [
        r"MSH|^~\&|PAS|RM1|WHERRY|NWUHG|20260714093000+0100||ADT^A01^ADT_A01|MSG00001|P|2.4||||||UNICODE UTF-8",
        "EVN|A01|202607140931|||C7|202607140925+0100",
        "PID|1||12345^^^RM1^MR~999 000 0018^^^NHS^NH||O'NEILL^Ann^Marie||19400229|F|||1 High St^Flat^Norwich^^NR1 1AA",
        "PD1||||D82001^The Surgery",
        "PV1|1|I|M1^A^3^RM102|E||ED^MAJ^4^RM102|C123^Smith^John|||300||||19|||||V100",
        "PV2||||||||202607150800|20260720",
        "OBX|1|TS|ED_DECIDED||202607140845",
        "OBX|2|ST|SIDE_ROOM||Y",
        "OBX|3|ST|INFECTION||norovirus||||||||202607140900",
        "",
    ]
)


def changed(old: str, new: str) -> bytes:
    assert old in ADMISSION
    return ADMISSION.replace(old, new).encode()


def test_an_admission_is_read_field_by_field() -> None:
    event = parse(ADMISSION.encode(), CODES)
    assert (event.trigger, event.organisation, event.control_id) == ("A01", "RM1", "MSG00001")
    assert event.sent_at == datetime(2026, 7, 14, 8, 30, tzinfo=UTC)
    assert event.recorded_at == datetime(2026, 7, 14, 8, 31, tzinfo=UTC)  # without an offset: London
    assert event.occurred_at == datetime(2026, 7, 14, 8, 25, tzinfo=UTC)
    assert (event.visit_key, event.patient_key) == ("RM1|V100", "RM1|12345")
    assert event.location == Location("RM102", "M1", "A", "3")
    assert event.location.bed_key == "RM102|M1|A|3"
    assert event.prior is None
    assert event.doubts == ()
    assert event.details == {
        "nhs_number": "9990000018",
        "surname": "O'NEILL",
        "forename": "Ann",
        "birth_date": "1940-02-29",
        "sex": "female",
        "address": "1 High St, Flat, Norwich",
        "postcode": "NR1 1AA",
        "gp_practice": "D82001",
        "admission_method": "emergency",
        "admission_source": "19",
        "specialty": "300",
        "consultant": "C123 Smith John",
        "expected_admission_at": "2026-07-15T07:00:00+00:00",
        "expected_discharge_on": "2026-07-20",
        "decided_at": "2026-07-14T07:45:00+00:00",
        "side_room": "yes",
        "infection": "norovirus",
    }


def test_a_move_keeps_the_place_before() -> None:
    event = parse(changed("A01", "A02"), CODES)
    assert event.prior == Location("RM102", "ED", "MAJ", "4")


def test_a_blank_says_nothing_and_two_quotes_remove() -> None:
    event = parse(changed("D82001", '""').replace(b"|300|", b'|""|'), CODES)
    assert event.details["gp_practice"] is None
    assert event.details["specialty"] is None
    assert parse(changed("^^NR1 1AA", ""), CODES).details.get("postcode", "none said") == "none said"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r"])
def test_any_segment_end_is_read(end: str) -> None:
    assert parse(ADMISSION.replace("\r", end).encode(), CODES) == parse(ADMISSION.encode(), CODES)


def test_other_encoding_characters_are_read() -> None:
    marks = str.maketrans("|^~\\&", "$*%!?")
    assert parse(ADMISSION.translate(marks).encode(), CODES) == parse(ADMISSION.encode(), CODES)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"A\F\B", "A|B"),
        (r"A\S\B", "A^B"),
        (r"A\T\B", "A&B"),
        (r"A\R\B", "A~B"),
        (r"A\E\B", "A\\B"),
        (r"A\X42\C", "ABC"),
        (r"Bront\XC3AB\ ", "Brontë"),
        (r"Bront\XEB\ ", "Brontë"),
        (r"A\X00\B", "AB"),
        (r"A\.br\B", "A\rB"),
        (r"\H\loud\N\ ", "loud"),
        (r"half\an escape", r"half\an escape"),
        (r"odd\Zab\one", r"odd\Zab\one"),
    ],
)
def test_escapes(written: str, read: str) -> None:
    assert parse(changed("O'NEILL", written), CODES).details["surname"] == read


@pytest.mark.parametrize(
    ("named", "encoding"),
    [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/15", "iso8859-15"), ("", "utf-8"), ("", "latin-1")],
)
def test_character_sets(named: str, encoding: str) -> None:
    raw = ADMISSION.replace("O'NEILL", "BRONTË").replace("UNICODE UTF-8", named).encode(encoding)
    assert parse(raw, CODES).details["surname"] == "BRONTË"


def test_a_nul_is_left_out() -> None:
    assert parse(changed("O'NEILL", "O\0NEILL"), CODES).details["surname"] == "ONEILL"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ADT^A01^ADT_A01", "ORU^R01", "MSH-9 (message type) is 'ORU^R01'. Taken are ADT messages A01,"),
        ("|PAS|RM1|", "|PAS|RXX|", "MSH-4 (sending organisation) is 'RXX'. Messages are taken from RM1, RGP, RCX"),
        ("|PAS|RM1|", "|PAS||", "MSH-4 (sending organisation, an ODS code) is empty"),
        ("|MSG00001|", "||", "MSH-10 (message control ID) is empty"),
        (
            "|202607140931|",
            "|14/07/2026|",
            "EVN-2 (recorded at) is '14/07/2026', which is no date and time. Write YYYY",
        ),
        ("|202607140931|", "|20260714|", "EVN-2 (recorded at) is '20260714', which is no date and time"),
        ("|202607140931|", "|000107140931|", "EVN-2 (recorded at) is '000107140931', which is no date and time"),
        ("12345^^^RM1^MR~", "", "PID-3 (local patient number) is empty"),
        ("|V100", "|", "PV1-19 (visit number) is empty"),
        ("|V100", "|" + "V" * 61, "at most 60 characters can be kept"),
        ("|V100", r"|V\F\1", "and no |"),
        ("M1^A^3", "WARD-WITH-A-NAME-OF-MORE-THAN-TWENTY^A^3", "PV1-3 (place) has 'WARD-WITH-A-NAME-OF-MORE-THAN-"),
        ("UNICODE UTF-8", "KLINGON", "MSH-18 (character set) is 'KLINGON', which is not known here"),
        (r"MSH|^~\&|", "MSH|^^^^|", "MSH-2 (encoding characters) is '^^^^': write four different marks"),
        ("MSH|", "MHS|", "The message does not begin with MSH"),
        ("PD1|", "MSH|", "MSH is there twice"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(old: str, new: str, says: str) -> None:
    with pytest.raises(ReadError) as error:
        parse(changed(old, new), CODES)
    assert says in str(error.value)


def test_bytes_that_are_not_in_the_named_set_are_said() -> None:
    raw = ADMISSION.replace("O'NEILL", "BRONT\xcb").encode("latin-1")
    with pytest.raises(ReadError, match=f"byte {raw.index(0xCB) + 1} of the message is none of it"):
        parse(raw, CODES)


@pytest.mark.parametrize(
    ("old", "new", "name", "doubt"),
    [
        ("999 000 0018", "999 000 0019", "nhs_number", "PID-3 has an NHS number that fails its check (999 000 0019)"),
        ("|19400229|", "|19400230|", "birth_date", "PID-7 (date of birth) is '19400230', which is no date"),
        ("|19400229|F|", "|19400229|X|", "sex", "PID-8 (sex) is 'X', which feed.toml does not know"),
        ("RM102|E||", "RM102|Q||", "admission_method", "PV1-4 (admission type) is 'Q', which feed.toml does not know"),
        ("|202607140845", "|soon", "decided_at", "OBX-5 of ED_DECIDED is 'soon', which is no date and time"),
        ("SIDE_ROOM||Y", "SIDE_ROOM||MAYBE", "side_room", "OBX-5 of SIDE_ROOM (yes or no) is 'MAYBE'"),
    ],
)
def test_what_is_doubtful_does_not_stop_the_rest(old: str, new: str, name: str, doubt: str) -> None:
    event = parse(changed(old, new), CODES)
    assert name not in event.details
    assert [one for one in event.doubts if one.startswith(doubt)]
    assert event.details["surname"] == "O'NEILL"


def test_a_bed_status_a_merge_and_a_change_without_a_visit() -> None:
    head = ADMISSION.split("\rPID")[0]
    status = parse(f"{head.replace('A01', 'A20')}\rNPU|M1^A^3^RM102|I\r".encode(), CODES)
    assert (status.visit_key, status.patient_key, status.bed_status) == ("", "", "close:infection")
    assert status.location == Location("RM102", "M1", "A", "3")
    merge = parse(f"{head.replace('A01', 'A40')}\rPID|1||2^^^RM1^MR\rMRG|1^^^RM1^MR\r".encode(), CODES)
    assert (merge.patient_key, merge.merged_key, merge.visit_key) == ("RM1|2", "RM1|1", "")
    change = parse(f"{head.replace('A01', 'A08')}\rPID|1||2^^^RM1^MR||BLIGH\r".encode(), CODES)
    assert (change.visit_key, change.details) == ("", {"surname": "BLIGH"})
    with pytest.raises(ReadError, match=r"NPU-1 .bed. names no bed"):
        parse(f"{head.replace('A01', 'A20')}\rNPU|M1^A^^RM102|C\r".encode(), CODES)
    with pytest.raises(ReadError, match=r"NPU-2 .bed status. is 'Z'. Known: C, H, K, I, U, O"):
        parse(f"{head.replace('A01', 'A20')}\rNPU|M1^A^3^RM102|Z\r".encode(), CODES)


@pytest.mark.parametrize(
    ("numbers", "own"),
    [
        ("12345^^^RM1^MR~777^^^RGP^MR", "12345"),
        ("777^^^RGP^MR~12345^^^RM1^MR", "12345"),
        ("777^^^RGP^MR~12345^^^RM1^PI", "12345"),
        ("12345^^^PAS^MR~777^^^ARCHIVE^MR", "12345"),
        ("777^^^GP^PI~12345^^^RM1^MR", "12345"),
        ("12345^^^RM1^PI~^^^RGP^MR", "12345"),
        ('12345^^^RM1^PI~""^^^RM1^MR', "12345"),
        ("9990000018^^^NHS^NH~12345^^^RM1^MR", "12345"),
        ("12345", "12345"),
    ],
)
def test_the_own_number_is_found_among_those_of_others(numbers: str, own: str) -> None:
    assert parse(changed("12345^^^RM1^MR~999 000 0018^^^NHS^NH", numbers), CODES).patient_key == f"RM1|{own}"
    merge = f"{ADMISSION.splitlines()[0].replace('A01', 'A40')}\rPID|1||2^^^RM1^MR\rMRG|{numbers}\r"
    assert parse(merge.encode(), CODES).merged_key == f"RM1|{own}"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("MRG|9990000018^^^NHS^NH", "MRG-1 (patient number that ends) is empty"),
        ("MRG|1^^^RM1^MR\rPID|2||4^^^RM1^MR\rMRG|3^^^RM1^MR", "MRG is there more than once"),
    ],
)
def test_a_merge_that_cannot_be_read_whole_waits(lines: str, says: str) -> None:
    merge = f"{ADMISSION.splitlines()[0].replace('A01', 'A40')}\rPID|1||2^^^RM1^MR\r{lines}\r"
    with pytest.raises(ReadError) as error:
        parse(merge.encode(), CODES)
    assert says in str(error.value)


def test_an_emptied_part_of_a_place_names_nothing() -> None:
    assert parse(changed("M1^A^3^RM102", 'M1^A^""^RM102'), CODES).location == Location("RM102", "M1", "A")
    assert parse(changed("M1^A^3^RM102", '""^""^""^RM102'), CODES).location is None


def test_a_cancel_states_nothing_about_the_visit() -> None:
    event = parse(changed("A01", "A13"), CODES)
    assert "specialty" not in event.details
    assert event.details["surname"] == "O'NEILL"


def test_the_site_is_the_organisations_own_where_none_is_named() -> None:
    event = parse(changed("M1^A^3^RM102", "M1^A^3"), CODES)
    assert event.location == Location("RM102", "M1", "A", "3")


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("202610250130", "2026-10-25T00:30:00+00:00"),  # the hour that comes twice: the first
        ("202610250130+0000", "2026-10-25T01:30:00+00:00"),
        ("202603290130", "2026-03-29T01:30:00+00:00"),  # the hour that does not exist
        ("20260714093015.25-0500", "2026-07-14T14:30:15.250000+00:00"),
    ],
)
def test_moments_of_london(local: str, utc: str) -> None:
    assert parse(changed("|202607140931|", f"|{local}|"), CODES).recorded_at.isoformat() == utc


_TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_characters="|^~\\&\x7f\x85\xa0"), max_size=8
)


@given(st.lists(st.lists(st.lists(_TEXT, min_size=1, max_size=4), min_size=1, max_size=3), min_size=1, max_size=12))
def test_fields_are_as_the_library_reads_them(fields: list[list[list[str]]]) -> None:
    line = "ZZZ|" + "|".join("~".join("^".join(parts) for parts in field) for field in fields)
    text = f"MSH|^~\\&|A|B\r{line.strip()}\rZZY|end"
    ours, theirs = Segments(text.encode()), hl7.parse(text)
    for number in range(1, line.strip().count("|") + 1):
        assert ours.field("ZZZ", number) == str(theirs.segment("ZZZ")[number])
        for repetition, parts in enumerate(ours.repeated(ours.field("ZZZ", number)), start=1):
            for component, part in enumerate(parts, start=1):
                assert part == theirs.extract_field("ZZZ", 1, number, repetition, component).strip()


@given(st.data())
def test_whatever_comes_it_is_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    raw = bytearray(ADMISSION.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        piece = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from((b"|", b"^", b"~", b"\\", b"&", b"\r", b"\0")))
        )
        raw[place : place + data.draw(st.integers(0, 30))] = piece
        raw = raw or bytearray(b"|")
    said = ""
    try:
        event = parse(bytes(raw), CODES)
    except ReadError as error:
        said = str(error)
    assert said.endswith(".") or event.control_id


def test_when_it_happened_where_evn_6_is_empty() -> None:
    raw = changed("|||C7|202607140925+0100", "")
    assert parse(raw, CODES).occurred_at == datetime(2026, 7, 14, 8, 31, tzinfo=UTC)
    admitted = raw.replace(b"|V100", b"|V100" + b"|" * 25 + b"202607140800|202607141800")
    assert parse(admitted, CODES).occurred_at == datetime(2026, 7, 14, 7, 0, tzinfo=UTC)
    assert parse(admitted.replace(b"A01", b"A03"), CODES).occurred_at == datetime(2026, 7, 14, 17, 0, tzinfo=UTC)
    assert parse(admitted.replace(b"A01", b"A02"), CODES).occurred_at == datetime(2026, 7, 14, 8, 31, tzinfo=UTC)
    dated = admitted.replace(b"|202607140800|", b"|20260714|")
    assert parse(dated, CODES).occurred_at == datetime(2026, 7, 14, 8, 31, tzinfo=UTC)


def test_a_death_without_its_date_is_doubted_and_not_made_up() -> None:
    segment = next(line for line in ADMISSION.split("\r") if line.startswith("PID"))
    event = parse(changed(segment, segment + "|" * (30 - segment.count("|")) + "Y"), CODES)
    assert "died_on" not in event.details
    assert event.doubts == ("PID-30 says that the patient has died, and PID-29 does not say when: no death was read.",)
