"""Who may lie where: each rule by example, with its sentence; and the order of suggestions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flow_beds_support import MAP, T0, did, lies, need, settings
from hypothesis import given
from hypothesis import strategies as st

from wherry.errors import UserError
from wherry.flow.beds import Finding, Happening, Hold, Lying, Need, Picture, judge, picture, read, suggest, verdict
from wherry.paths import system_dir


def seen(*lying: Lying, did: tuple[Happening, ...] = (), holds: tuple[Hold, ...] = ()) -> Picture:
    return picture(MAP, settings(), lying=lying, happenings=did, holds=holds, at=T0)


def say(who: Need, bed: str, now: Picture) -> Finding | None:
    """The worst that the rules say, or None if all is well."""
    found = judge(MAP, now, settings(), who, bed)
    worst = verdict(found)
    return None if worst == "allowed" else next(one for one in found if one.verdict == worst)


def check(found: Finding | None, rule: str, what: str, *words: str) -> None:
    assert found is not None
    assert (found.rule, found.verdict) == (rule, what), found.sentence
    for word in words:
        assert word in found.sentence, found.sentence


ANN, BOB = need("ann"), need("bob", "male")


def test_the_plain_case() -> None:
    now = seen(lies(need("cat"), "N1|M1|A|2"))
    assert say(ANN, "N1|M1|A|1", now) is None
    assert say(BOB, "N1|M1|C|1", now) is None
    assert say(BOB, "N1|M1|S|1", now) is None


def test_a_bed_that_cannot_be_had() -> None:
    until = T0 + timedelta(hours=1)
    now = seen(
        lies(ANN, "N1|M1|A|2"),
        did=(did("N1|M1|A|3", "close", 1, "infection"),),
        holds=(Hold(1, "N1|M1|C|1", "N", "N", "x", "", T0, until, None, "Wanda Barley"),),
    )
    check(say(BOB, "N1|M1|A|2", now), "bed", "refused", "M1 A2", "Somebody lies")
    check(say(ANN, "N1|M1|A|2", now), "bed", "refused", "already")
    check(say(BOB, "N1|M1|A|3", now), "bed", "refused", "closed for infection")
    check(say(BOB, "N1|M1|C|1", now), "bed", "refused", "Wanda Barley")
    check(say(ANN, "N1|ESC|A|1", now), "bed", "refused", "not opened")
    check(say(ANN, "N1|ED|MAJORS|1", now), "bed", "refused", "emergency department")
    check(say(ANN, "N1|DL|A|1", now), "bed", "refused", "discharge lounge")
    check(say(ANN, "N1|M1|Z|1", now), "bed", "refused", "not a bed of the map")
    opened = seen(did=(did("N1|ESC|A|1", "escalate"),))
    assert say(ANN, "N1|ESC|A|1", opened) is None
    mine = seen(holds=(Hold(1, "N1|M1|A|1", "N", "N", "ann", "", T0, until, None, "W", ANN),))
    assert say(ANN, "N1|M1|A|1", mine) is None, "the bed that is held for them"


def test_a_bed_that_waits_to_be_cleaned_may_be_held() -> None:
    now = seen(lies(need("cat"), "N1|M1|A|1", 5, until=0.5))
    check(say(ANN, "N1|M1|A|1", now), "ready", "warns", "M1 A1", "waits to be cleaned")
    late = seen(lies(need("cat"), "N1|M1|A|1", 5, until=2))
    check(say(ANN, "N1|M1|A|1", late), "ready", "warns", "longer than it should")


def test_women_and_men() -> None:
    now = seen(lies(need("cat"), "N1|M1|A|2"), lies(need("dan", "male"), "N1|AMU|A|1"))
    check(say(BOB, "N1|M1|A|1", now), "sex", "refused", "M1 A1", "women", "a man", "single room")
    assert say(BOB, "N1|AMU|A|2", now) is None, "a bay takes the sex of who is in it"
    check(say(ANN, "N1|AMU|A|2", now), "sex", "warns", "breach")
    check(say(BOB, "N1|M2|A|1", now), "sex", "warns", "usually for women")
    assert say(need("kim", "male", age=7, specialty="420"), "N1|C1|A|1", now) is None, "a bay for anybody"
    check(say(need("lee", ""), "N1|M1|A|1", now), "sex", "warns", "Nobody recorded")
    unknown = seen(lies(need("max", ""), "N1|M1|A|2"))
    check(say(ANN, "N1|M1|A|1", unknown), "sex", "warns", "beside")


def test_a_bay_held_for_a_man_is_a_mens_bay() -> None:
    hold = Hold(1, "N1|M1|A|2", "N", "N", "bob", "", T0, T0 + timedelta(hours=1), None, "W", BOB)
    check(say(ANN, "N1|M1|A|1", seen(holds=(hold,))), "sex", "refused", "men")


def test_infection() -> None:
    ill, flu = need("ill", infection="norovirus"), need("flu", infection="influenza")
    now = seen(lies(need("cat"), "N1|M1|A|2"), lies(need("dot", infection="Norovirus"), "N1|M2|A|1"))
    assert say(ill, "N1|M1|S|1", now) is None
    check(say(ill, "N1|M1|A|1", now), "infection", "refused", "norovirus", "single room")
    check(say(ill, "N1|M1|C|1", now), "infection", "warns", "alone")
    assert say(need("ill", infection="norovirus", specialty="340"), "N1|M2|A|2", now) is None, "a cohort of the same"
    check(say(flu, "N1|M2|A|2", now), "infection", "refused", "influenza")
    check(say(ANN, "N1|M2|A|2", now), "infection", "refused", "norovirus", "does not have")
    check(say(need("eve", infection=""), "N1|M1|A|1", now), "infection", "warns", "Nobody recorded")
    check(say(need("eve", side_room=True), "N1|M1|A|1", now), "infection", "warns", "room of their own")
    assert say(need("eve", side_room=True), "N1|M1|S|1", now) is None


def test_age() -> None:
    now = seen()
    check(say(need("kim", age=7, specialty="420"), "N1|M1|A|1", now), "age", "refused", "7", "children's ward")
    check(say(ANN, "N1|C1|A|1", now), "age", "refused", "80", "adult ward")
    check(say(need("may", age=16), "N1|M1|A|1", now), "age", "warns", "16")
    check(say(need("may", age=None), "N1|M1|A|1", now), "age", "warns", "Nobody recorded")


def test_level_of_care() -> None:
    high = need("may", dependency=2)
    full = seen(*(lies(need(f"h{n}", dependency=2), f"N1|M1|{bed}") for n, bed in enumerate(("A|2", "S|1"))))
    assert say(high, "N1|M1|A|1", seen()) is None
    check(say(high, "N1|M1|A|1", full), "dependency", "warns", "2 patients of high dependency", "bears 2")
    check(say(need("may", dependency=3), "N1|M1|A|1", seen()), "dependency", "refused", "level 3", "critical care")
    assert say(need("may", dependency=3), "N1|CCU|A|1", seen()) is None
    check(say(ANN, "N1|CCU|A|1", seen()), "dependency", "warns", "a ward would do")
    check(say(need("may", dependency=None), "N1|CCU|A|1", seen()), "dependency", "warns", "Nobody recorded")


def test_specialty() -> None:
    now = seen()
    check(say(need("may", specialty="100"), "N1|M1|A|1", now), "specialty", "warns", "outlier")
    check(say(need("may", specialty="340"), "N1|M1|A|1", now), "specialty", "warns", "suit better")
    assert say(need("may", specialty="340"), "N1|AMU|A|1", now) is None, "an assessment ward takes all of its group"
    check(say(need("may", specialty="501", age=30), "N1|M1|A|1", now), "specialty", "refused", "maternity")
    check(say(ANN, "N1|B1|A|1", now), "specialty", "refused", "medicine")
    check(say(need("may", specialty=""), "N1|M1|A|1", now), "specialty", "warns", "nobody recorded")
    check(say(need("may", specialty="999"), "N1|M1|A|1", now), "specialty", "warns", "999")


def test_suggestions_say_why_they_stand_where_they_do() -> None:
    now = seen(
        lies(need("cat"), "N1|M1|A|2"), lies(need("dot"), "N1|M1|A|1", 3, until=2), did=(did("N1|ESC|A|1", "escalate"),)
    )
    had, refused = suggest(MAP, now, settings(), ANN, {("N1", "G1"): 37.0})
    keys = [one.state.bed.key for one in had]
    assert keys[0] == "N1|M1|A|3"
    assert had[0].because == ("their own hospital", "a ward for their specialty", "a bay", "clean")
    allowed = [one.state.bed.key for one in had if one.verdict == "allowed"]
    assert allowed.index("N1|M1|S|1") > allowed.index("N1|M1|A|3"), "a bay before a single room"
    assert allowed.index("N1|M2|A|1") < allowed.index("G1|M1|A|1"), "their own hospital first"
    assert "G1|M1|A|1" in allowed
    assert next(one.minutes for one in had if one.state.bed.key == "G1|M1|A|1") == 37.0
    assert "waits to be cleaned" in next(one for one in had if one.state.bed.key == "N1|M1|A|1").because
    assert keys.index("N1|M1|A|1") > max(keys.index(key) for key in allowed), "what is to be overruled comes last"
    assert all(one.verdict == "refused" for one in refused)
    assert not {one.state.bed.key for one in had} & {one.state.bed.key for one in refused}
    infectious, _ = suggest(MAP, now, settings(), need("ill", infection="norovirus"), {})
    assert infectious[0].state.bed.who == "single"


NEEDS = st.builds(
    lambda sex, age, infection, dependency, specialty: need(
        "x", sex, age=age, infection=infection, dependency=dependency, specialty=specialty
    ),
    st.sampled_from(["female", "male", ""]), st.sampled_from([None, 3, 16, 17, 18, 80]),
    st.sampled_from(["", "none", "norovirus"]), st.sampled_from([None, 0, 1, 2, 3]),
    st.sampled_from(["", "100", "192", "300", "420", "501"]),
)  # fmt: skip


@given(
    first=NEEDS,
    beds=st.sampled_from(sorted(MAP.bed)),
    others=st.lists(st.tuples(NEEDS, st.sampled_from(sorted(MAP.bed))), max_size=5),
)
def test_what_is_never_allowed(first: Need, beds: str, others: list[tuple[Need, str]]) -> None:
    now = seen(
        *(lies(Need(f"o{n}", f"o{n}", who.sex, who.age, who.infection), key) for n, (who, key) in enumerate(others))
    )
    found = judge(MAP, now, settings(), first, beds)
    assert found
    assert all(one.sentence.endswith(".") and one.sentence[0].isupper() for one in found)
    if verdict(found) != "allowed":
        return
    state = now.beds[beds]
    assert state.status == "free"
    beside = [
        one.need
        for key, other in now.beds.items()
        if key.rsplit("|", 1)[0] == beds.rsplit("|", 1)[0]
        for one in other.lying
    ]
    if state.bed.who in ("female", "male"):
        assert first.sex
        assert all(one.sex == first.sex for one in beside if one.sex)
    if first.infectious and state.bed.who != "single":
        assert beside
        assert all(one.infectious for one in beside)
    if not first.infectious and state.bed.who != "single":
        assert not any(one.infectious for one in beside)
    assert (state.ward.group == "children") == (
        first.age is not None and first.age < 18 and state.ward.group == "children"
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[hold]", "[holding]", "'holding' is not known"),
        ("child_below =", "child_beneath =", "'child_beneath' is not known"),
        ("value = 16", "value = 0", "no whole number from 1"),
        ('"NR29-NR35"', '"NR28-NR35"', "NR28 usually goes to RM102 and to RGP75"),
        ('"NR29-NR35"', '"Norwich"', "is no district"),
        ("[cleaning]\n", "[cleaning]\nRCX70 = 3\n", "must be a table"),
        ('value = ["assessment", "critical", "escalation"]', 'value = ["assesment"]', "'assesment' is none of"),
        ("value = 120, source", "value = 120, sauce", "value, source and certainty"),
        ("value = true", 'value = "yes"', "neither true nor false"),
        ('value = ["infection"]', 'value = "infection"', "list of texts"),
    ],
)
def test_settings_that_are_wrong_are_refused_with_their_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (system_dir("norfolk-waveney") / "placing.toml").read_text()
    assert old in text
    (tmp_path / "placing.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=r"placing\.toml") as error:
        read(tmp_path / "placing.toml")
    assert words in str(error.value)


def test_a_site_may_clean_in_its_own_way(tmp_path: Path) -> None:
    text = (system_dir("norfolk-waveney") / "placing.toml").read_text()
    own = '[cleaning.G1]\nafter_leaving = { value = false, source = "here", certainty = "own default" }\n'
    (tmp_path / "placing.toml").write_text(text.replace("# A held bed is free", f"{own}\n# A held bed is free"))
    made = read(tmp_path / "placing.toml")
    assert (made.cleaning_of("G1").after_leaving, made.cleaning_of("N1").after_leaving) == (False, True)
    assert made.cleaning_of("G1").overdue == made.cleaning.overdue
    left = (lies(ANN, "G1|M1|A|1", 3, until=1), lies(BOB, "N1|M1|C|1", 3, until=1))
    now = picture(MAP, made, lying=left, happenings=(), holds=(), at=T0)
    assert (now.beds["G1|M1|A|1"].status, now.beds["N1|M1|C|1"].status) == ("free", "cleaning")


def test_files_that_are_missing_or_broken(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing"):
        read(tmp_path / "placing.toml")
    (tmp_path / "placing.toml").write_text("[cleaning\n")
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path / "placing.toml")
