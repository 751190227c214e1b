"""Messages of an artificial day: how they read, what goes wrong with them, and the truth that they add up to."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

from flow_world import lives, story

from wherry.synthetic.flow import folder, side, truth
from wherry.synthetic.flow.calendar import DAY, moment
from wherry.synthetic.flow.story import Message

_NAMED = {"A01", "A02", "A03", "A04", "A05", "A08", "A20"}


def _field(message: Message, segment: str, number: int) -> str:
    for line in message.raw.decode().split("\r"):
        if line.startswith(segment):
            fields = line.split("|")
            if segment == "MSH":
                fields.insert(1, "|")
            return fields[number] if number < len(fields) else ""
    return ""


def _all() -> list[Message]:
    one = story()
    return one.messages(one.opening, one.run.until)


def test_every_message_names_its_sender_number_and_moments() -> None:
    for message in [*story().opening_position(), *_all()]:
        assert message.raw.endswith(b"\r")
        assert f"{_field(message, 'MSH', 4)}|{_field(message, 'MSH', 3)}" == message.sender
        assert _field(message, "MSH", 10) == message.control_id
        assert _field(message, "MSH", 9) == f"ADT^{message.trigger}"
        assert _field(message, "EVN", 2).endswith("+0000")
    assert {message.sender for message in _all()} == {"RM1|PAS", "RGP|PAS", "RCX|PAS"}


def test_messages_go_in_the_order_in_which_they_are_sent_and_all_kinds_come() -> None:
    one, said = story(), _all()
    assert [message.delivered for message in said] == sorted(message.delivered for message in said)
    half = one.opening + DAY // 2
    assert said == [*one.messages(one.opening, half), *one.messages(half, one.run.until)]
    kinds = Counter(message.trigger for message in said)
    assert set(kinds) >= _NAMED
    assert set(kinds) & {"A11", "A12", "A13"}
    assert kinds["A08"] > kinds["A04"] > kinds["A01"]


def test_some_are_repeated_late_disordered_and_unusable_as_the_figures_say() -> None:
    said = _all()
    times = Counter((message.sender, message.raw) for message in said)
    repeated = sum(count - 1 for count in times.values())
    assert 0 < repeated < 0.03 * len(said)
    assert all(count <= 2 for count in times.values())
    recorded: dict[str, str] = {}
    disordered = late = 0
    for message in said:
        at = _field(message, "EVN", 2)
        disordered += at < recorded.get(message.sender, "")
        recorded[message.sender] = max(at, recorded.get(message.sender, ""))
        happened = _field(message, "EVN", 6)
        late += at[:8] == happened[:8] and int(at[8:12]) - int(happened[8:12]) > 20
    assert 0.005 < disordered / len(said) < 0.12
    assert 0.005 < late / len(said) < 0.12
    nameless = [message for message in said if b"^MR" not in message.raw and message.trigger != "A20"]
    broken = [*nameless, *(message for message in said if _field(message, "EVN", 6) == "20261399")]
    assert 0 < len(broken) < 0.01 * len(said)
    assert all(message.control_id.endswith("X") for message in broken)


def test_the_truth_of_whole_visits_is_what_happened() -> None:
    """For every visit that is over and has no telling left to come: the fold of tellings against the simulation."""
    one = story()
    until = one.run.until
    found = {visit.key: visit for visit in one.truth(until)}
    held, life, checked = lives(one), one.run.life, 0
    for row in one.facts.rows:
        left = life.left[row]
        if life.admitted[row] < one.opening or left < 0 or left > until - 13 * 3600:
            continue
        trust = one.run.flow.sites[int(one.run.visits["site"][row])].trust
        visit = found[f"{trust}|V{one.facts.ordinal[row]:07d}"]
        assert visit.standing == "left"
        assert visit.left_at == moment(left).isoformat()
        assert visit.admitted_at == moment(life.admitted[row]).isoformat()
        beds = [stay for stay in visit.stays if stay.ward not in ("ED", "MIU")]
        wanted = [(one.facts.place(place), begin, end) for place, begin, end in held[row]]
        assert [(stay.ward, stay.bay, stay.bed) for stay in beds] == [(at.ward, at.bay, at.bed) for at, _, _ in wanted]
        assert [stay.from_at for stay in beds] == [moment(begin).isoformat() for _, begin, _ in wanted]
        checked += 1
    assert checked > 15


def test_in_the_truth_nobody_is_in_two_beds_and_stays_follow_each_other() -> None:
    one = story()
    for until in (one.opening, one.opening + DAY // 3, one.opening + DAY):
        visits = one.truth(until)
        assert len({visit.key for visit in visits}) == len(visits)
        for visit in visits:
            moments = [(stay.from_at, stay.to_at) for stay in visit.stays]
            assert all(before[1] <= after[0] for before, after in pairwise(moments))
            assert sum(not to for _, to in moments) <= 1
            assert (visit.standing == "left") == bool(visit.left_at)


def test_a_folder_holds_the_day(tmp_path: Path) -> None:
    one = story()
    until = one.opening + DAY // 4
    folder.write(one, tmp_path / "day", until)
    names = {path.name for path in (tmp_path / "day").iterdir()}
    assert names == {
        "history", "opening.hl7", "messages.hl7", "messages.jsonl", "truth.jsonl",
        side.AmbulanceIncident.FILE, side.Call.FILE, side.VirtualReferral.FILE, side.VirtualReading.FILE,
    }  # fmt: skip
    assert truth.read(tmp_path / "day" / "truth.jsonl") == one.truth(until)
    said = (tmp_path / "day" / "messages.hl7").read_bytes()
    assert said.count(b"MSH|") == len(one.messages(one.opening, until))
