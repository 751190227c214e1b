"""Who may lie where: each rule says allowed, warns (a named person may overrule it with a reason), or refused.

Every finding is one plain sentence that names the bed, what the patient needs and what would do. Rules see what was
recorded; what nobody recorded makes a rule warn and never pass by itself. Sources: placing.toml, key by key; same-sex
accommodation, infection control and levels of care as general knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wherry.flow.beds.model import NO_BEDS, BedMap, Need, bay_key, bed_words
from wherry.flow.beds.position import BayState, bay_state
from wherry.flow.beds.settings import Settings
from wherry.flow.beds.state import BedState, Picture
from wherry.reference.wards import Ward

Verdict = Literal["allowed", "warns", "refused"]
#: Rules in the order in which they are told.
RULES = {
    "bed": "The bed itself",
    "ready": "Cleaned and ready",
    "infection": "Infection",
    "age": "Age",
    "sex": "Women and men apart",
    "dependency": "Level of care",
    "specialty": "Specialty",
}
_SEX = {"female": ("a woman", "women"), "male": ("a man", "men")}


@dataclass(frozen=True)
class Finding:
    """What one rule says of a patient and a bed."""

    rule: str
    verdict: Verdict
    sentence: str


def judge(beds: BedMap, picture: Picture, settings: Settings, need: Need, bed_key: str) -> tuple[Finding, ...]:
    """What every rule says, in the order of `RULES`. A place that is no bed, or a bed that cannot be had, ends it."""
    first = _had(beds, picture, need, bed_key)
    if first.verdict == "refused":
        return (first,)
    state = picture.beds[bed_key]
    bay = bay_state(beds, picture, bay_key(state.bed), without=need.visit_key)
    found = [
        first,
        _ready(state, need),
        _infection(state, bay, need),
        _age(settings, state, need),
        _sex(settings, state, bay, need),
        _dependency(beds, picture, settings, state, need),
        _specialty(beds, settings, state.ward, bed_words(state.bed), need),
    ]
    return tuple(one for one in found if one is not None)


def verdict(findings: Iterable[Finding]) -> Verdict:
    """The worst of what the rules say.

    >>> verdict([Finding("sex", "allowed", ""), Finding("ready", "warns", "")])
    'warns'
    """
    said = {one.verdict for one in findings}
    return "refused" if "refused" in said else "warns" if "warns" in said else "allowed"


def ward_group(beds: BedMap, settings: Settings, need: Need) -> str:
    """The ward group that a patient belongs on: by age, then specialty and kind of care; empty if nothing says it."""
    if need.age is not None and need.age < settings.child_below:
        return "children"
    if need.method == "maternity" or need.specialty in settings.maternity:
        return "maternity"
    if need.specialty in settings.critical or (need.dependency or 0) >= settings.critical_only_from:
        return "critical"
    return beds.group_of_specialty.get(need.specialty, "")


def _had(beds: BedMap, picture: Picture, need: Need, key: str) -> Finding:
    """Whether the bed can be had at all: it is a bed, nobody lies in it or has it, it is neither closed nor shut."""

    def refused(sentence: str) -> Finding:
        return Finding("bed", "refused", sentence)

    if key not in beds.bed:
        return refused(f"{key.replace('|', ' ')} is not a bed of the map: choose another.")
    bed, ward = beds.bed[key], beds.ward_of[key]
    words = bed_words(bed)
    if ward.kind in NO_BEDS:
        kind = "the emergency department" if ward.kind == "emergency" else "the discharge lounge"
        return refused(f"{words} is a place of {kind}, not a bed: choose a bed on a ward.")
    state = picture.beds[key]
    if any(one.need.visit_key == need.visit_key for one in state.lying):
        return refused(f"This patient lies in {words} already.")
    if state.lying:
        return refused(f"Somebody lies in {words}: choose another, or wait until they have left.")
    if state.status == "shut":
        return refused(f"{words} is an extra bed that is not opened: open it first, or choose a staffed bed.")
    if state.closed is not None:
        why = {"infection": "for infection", "staffing": "for want of staff", "estates": "for repair"}
        return refused(
            f"{words} is closed {why.get(state.closed.why, 'for another reason')}: open it first, or choose another."
        )
    if state.hold is not None and (not need.visit_key or state.hold.visit_key != need.visit_key):
        return refused(f"{words} is held for somebody else by {state.hold.made_by or 'a colleague'}: choose another.")
    return Finding("bed", "allowed", f"{words} on {ward.words} has nobody in it.")


def _ready(state: BedState, need: Need) -> Finding | None:
    if state.unclean_since is None:
        return None
    words = bed_words(state.bed)
    late = ", longer than it should" if state.overdue else ""
    return Finding("ready", "warns", f"{words} waits to be cleaned{late}: it can be held, and used once it is clean.")


def _infection(state: BedState, bay: BayState, need: Need) -> Finding | None:
    """A patient with an infection lies alone or with the same infection; nobody is put beside one."""
    words, single = bed_words(state.bed), state.bed.who == "single"
    mine = need.infection.strip()
    if need.infectious:
        if single:
            return Finding("infection", "allowed", f"{words} is a single room, for {mine}.")
        if bay.people and bay.infections == {mine.casefold()} and not bay.plain:
            return Finding("infection", "allowed", f"Everybody in the bay of {words} has {mine} too.")
        if not bay.people:
            return Finding(
                "infection", "warns",
                f"The bay of {words} is empty: with this patient it becomes a bay for {mine} alone. A single room "
                "would do without that.",
            )  # fmt: skip
        return Finding(
            "infection", "refused",
            f"{words} is beside others, and this patient has {mine}: a single room, or a bay where everybody has it, "
            "would do.",
        )  # fmt: skip
    if not single and bay.infections:
        which = " and ".join(sorted(bay.infections))
        return Finding("infection", "refused", f"{words} is beside {which}, which this patient does not have.")
    if need.side_room and not single:
        return Finding(
            "infection",
            "warns",
            f"This patient needs a room of their own, and {words} is in a bay: a single room would do.",
        )  # fmt: skip
    if not need.infection.strip() and not single and bay.people:
        return Finding(
            "infection", "warns", f"Nobody recorded whether this patient has an infection; {words} is in a bay."
        )
    return None


def _age(settings: Settings, state: BedState, need: Need) -> Finding | None:
    words, children = bed_words(state.bed), state.ward.group == "children"
    if need.age is None:
        return Finding(
            "age",
            "warns",
            f"Nobody recorded this patient's age; {words} is for {'children' if children else 'adults'}.",
        )
    if children and need.age >= settings.adult_from:
        return Finding(
            "age",
            "refused",
            f"{words} is on a children's ward, and this patient is {need.age}: an adult ward would do.",
        )
    if state.ward.group == "maternity":
        return None
    if not children and need.age < settings.child_below:
        return Finding(
            "age",
            "refused",
            f"{words} is on an adult ward, and this patient is {need.age}: a children's ward would do.",
        )
    if settings.child_below <= need.age < settings.adult_from:
        other = "a children's" if children else "an adult"
        return Finding(
            "age", "warns", f"This patient is {need.age}: ask them, and a clinician, whether {other} ward is right."
        )
    return None


def _sex(settings: Settings, state: BedState, bay: BayState, need: Need) -> Finding | None:
    """A bay takes the sex of those who lie in it; an empty one may change, and says so."""
    bed, words = state.bed, bed_words(state.bed)
    if bed.who in ("single", "any"):
        return None
    reason = state.ward.kind in settings.sexes_mixed_by_reason_in
    if need.sex not in _SEX:
        return Finding(
            "sex",
            "warns",
            f"Nobody recorded this patient's sex, or it is neither, and {words} is in a {bed.who} bay: ask them, or "
            "take a single room.",
        )
    one, _ = _SEX[need.sex]
    others = bay.sexes - {need.sex}
    if others:
        beside = " and ".join(sorted(_SEX[sex][1] for sex in bay.sexes))
        end = f"a {need.sex} bay, a single room or a bay for anybody would do."
        if reason:
            return Finding(
                "sex",
                "warns",
                f"{words} is beside {beside} and this patient is {one}, a breach of same-sex accommodation: {end}",
            )
        return Finding("sex", "refused", f"{words} is beside {beside} and this patient is {one}: {end}")
    if not bay.people and bed.who != need.sex:
        return Finding(
            "sex",
            "warns",
            f"The bay of {words} is empty and usually for {_SEX[bed.who][1]}: with this patient it becomes one for "
            f"{_SEX[need.sex][1]}.",
        )
    if bay.people and not bay.sexes:
        return Finding(
            "sex",
            "warns",
            f"Nobody recorded the sex of who lies beside {words}: look before this patient, {one}, goes there.",
        )
    return Finding("sex", "allowed", f"{words} is in a {need.sex} bay.")


def _dependency(beds: BedMap, picture: Picture, settings: Settings, state: BedState, need: Need) -> Finding | None:
    """Intensive care is for critical care alone; other wards bear so many patients of high dependency."""
    ward, words = state.ward, bed_words(state.bed)
    if ward.kind == "critical":
        if need.dependency is None:
            return Finding(
                "dependency",
                "warns",
                f"Nobody recorded what level of care this patient needs; {words} is in critical care.",
            )
        if need.dependency < settings.high_from:
            return Finding(
                "dependency",
                "warns",
                f"{words} is in critical care, and this patient needs level {need.dependency}: a ward would do.",
            )
        return None
    if need.dependency is None or need.dependency < settings.high_from:
        return None
    if need.dependency >= settings.critical_only_from:
        return Finding(
            "dependency",
            "refused",
            f"{words} is on a ward, and this patient needs level {need.dependency}: critical care would do.",
        )
    most = settings.high_at_most.get(ward.kind)
    if most is None:
        return None
    there = high_on(beds, picture, settings, ward, without=need.visit_key)
    if there < most:
        return None
    return Finding(
        "dependency", "warns",
        f"{ward.words} has {there} patients of high dependency and bears {most}; this patient needs level "
        f"{need.dependency}: another ward, or critical care, would do.",
    )  # fmt: skip


def high_on(beds: BedMap, picture: Picture, settings: Settings, ward: Ward, without: str = "") -> int:
    """How many patients of high dependency a ward has, those without a named bed and those held for included."""
    needs = [one.need for one in picture.unnamed.get(ward.key, ())]
    for bed in ward.beds:
        state = picture.beds[bed.key]
        needs += [one.need for one in state.lying]
        if not state.lying and state.hold is not None and state.hold.need is not None:
            needs.append(state.hold.need)
    return sum((need.dependency or 0) >= settings.high_from for need in needs if need.visit_key != without)


def _specialty(beds: BedMap, settings: Settings, ward: Ward, words: str, need: Need) -> Finding | None:
    """Their own specialty's ward, one that takes it, another of their ward group, or where they may outlie."""
    group = ward_group(beds, settings, need)
    if ward.group == "critical":
        return None  # the level of care decides
    if group == "critical":
        return Finding("specialty", "warns", f"{words} is on {ward.words}, and this patient belongs in critical care.")
    if not group:
        what = (
            f"no ward is for specialty {need.specialty}"
            if need.specialty
            else "nobody recorded this patient's specialty"
        )
        return Finding("specialty", "warns", f"{words} is on {ward.words}; {what}.")
    if ward.group == group:
        if need.specialty in ward.takes or ward.kind == "assessment" or group in ("children", "maternity"):
            return Finding("specialty", "allowed", f"{ward.words} is for this patient's specialty.")
        return Finding(
            "specialty",
            "warns",
            f"{ward.words} is for {group}, not for this patient's specialty: another of its wards would suit better.",
        )
    if ward.group in settings.outliers_to.get(group, ()):
        return Finding(
            "specialty", "warns", f"{ward.words} is no ward for {group}: this patient would lie there as an outlier."
        )
    return Finding(
        "specialty", "refused", f"{words} is on a ward for {ward.group}, and this patient belongs on one for {group}."
    )
