"""The position from the database is that of the whole history, at any moment, and quick enough to ask often."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from beds_now_support import NOW, hours, live_position, long_young, patient, visit

from wherry.flow import beds as rules
from wherry.flow.beds.position import ward_tally
from wherry.web.access.models import User
from wherry.web.beds import history_page, places, selectors
from wherry.web.beds.models import BedAct, BedEvent, ClosedWhy, Placing
from wherry.web.feed.models import Stay, Visit

pytestmark = pytest.mark.django_db


def whole(moment: datetime) -> rules.Picture:
    """The picture from every stay, happening and placing that there is."""
    on = moment.astimezone(selectors.LONDON).date()
    needs = selectors.needs(Visit.objects.values_list("pk", flat=True), on)
    lying = [
        rules.Lying(needs[one.visit_id], f"{one.site}|{one.ward}", one.bed_key, one.from_at, one.to_at)
        for one in Stay.objects.all()
    ]
    happenings = [
        selectors.happening(
            *(one.pk, one.bed_key, one.act, one.occurred_at, one.recorded_at, one.why, one.note, one.made_by_name),
            one.message_id,
        )
        for one in BedEvent.objects.all()
    ]
    holds = [selectors.hold_of(one, needs.get(one.visit_key)) for one in Placing.objects.all()]
    return rules.picture(
        places.bed_map(), places.settings(), lying=lying, happenings=happenings, holds=holds, at=moment
    )


def statuses(picture: rules.Picture) -> dict[str, tuple[object, ...]]:
    return {
        key: (
            state.status,
            {one.need.visit_key for one in state.lying},
            state.doubts,
            state.unclean_since,
            state.overdue,
        )
        for key, state in picture.beds.items()
    }


def test_the_position_by_hand() -> None:
    made = live_position()
    picture = selectors.at(NOW)
    assert picture.beds["RM102|M1|A|1"].status == "occupied"
    assert picture.beds["RM102|M1|A|1"].lying[0].need.visit_key == made.key("Abbotsley")
    assert picture.beds["RM102|M1|A|3"].status == "cleaning"
    assert picture.beds["RM102|M1|A|3"].unclean_since == hours(1)
    assert picture.beds["RM102|M1|A|3"].overdue
    assert picture.beds["RM102|M1|A|4"].status == "free"
    assert picture.beds["RM102|ESC|A|1"].status == "shut"
    two = picture.beds["RM102|M1|C|2"]
    assert {one.need.visit_key for one in two.lying} == {made.key("Docking"), made.key("Elsing")}
    assert two.doubts == ("M1 C2 has 2 patients by the feed: find out who lies there and correct it at its source.",)
    assert {one.need.visit_key for one in picture.in_departments} == {
        made.key(name) for name in ("Guist", "Heydon", "Lessingham")
    }
    assert statuses(picture) == statuses(whole(NOW))


def test_any_past_moment_is_that_of_the_whole_history() -> None:
    draw = random.Random(5)
    user = User.objects.create_user("maker")
    beds = [
        "RM102|M1|A|1",
        "RM102|M1|A|2",
        "RM102|M1|S|1",
        "RM102|ESC|A|1",
        "RGP75|CCU|A|1",
        "RCX70|M1|B|2",
        "RM102|M1|Z|9",
    ]
    who = patient("RM1", "Abbotsley")
    began = NOW - timedelta(days=40)

    def some() -> datetime:
        return began + timedelta(minutes=draw.randrange(40 * 24 * 60))

    for _ in range(60):
        moments = sorted({some() for _ in range(draw.randrange(2, 4))})
        stays = tuple((draw.choice(beds), moment) for moment in moments[:-1] or moments)
        visit(who, stays, left_at=moments[-1] + timedelta(minutes=1) if draw.random() < 0.8 else None)
    for number in range(160):
        act = draw.choice(list(BedAct))
        at = some()
        BedEvent.objects.create(
            bed_key=draw.choice(beds), organisation="RM1", act=act, occurred_at=at, recorded_at=at,
            why=draw.choice(list(ClosedWhy)) if act == BedAct.CLOSE else "",
            message_id=number + 1 if draw.random() < 0.5 else None,
        )  # fmt: skip
    for _ in range(30):
        at = some()
        Placing.objects.create(
            bed_key=draw.choice(beds), organisation="RM1", for_whom="somebody", made_by=user, made_by_name="M",
            made_at=at, expires_at=at + timedelta(hours=2),
            ended_at=at + timedelta(hours=1) if draw.random() < 0.5 else None,
        )  # fmt: skip
    moments = sorted([some() for _ in range(25)] + [NOW, began])
    many = history_page.read(moments)
    for column, moment in enumerate(moments):
        exact = whole(moment)
        assert statuses(selectors.at(moment)) == statuses(exact), moment
        for row, ward in enumerate(many.wards):
            tally = ward_tally(ward, exact)
            assert (many.occupied[row, column], many.open[row, column], many.void[row, column]) == (
                *(tally.occupied + tally.unnamed, tally.open, tally.void),
            ), (moment, ward.key)


def test_the_picture_of_now_is_made_again_only_when_something_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    live_position()
    long_young(monkeypatch)
    selectors.forget()
    first = selectors.now()
    assert selectors.now() is first, "nothing changed"
    from wherry.web.feed import changes

    Stay.objects.filter(bed_key="RM102|M1|A|1").update(to_at=NOW)
    changes.touch(["RM1"])
    assert selectors.now(young=True) is first, "it is young"
    assert selectors.now().beds["RM102|M1|A|1"].status == "cleaning"


def test_ages_and_facts_that_nobody_recorded_are_not_known() -> None:
    somebody = visit(patient("RM1", "Abbotsley", sex="unknown", born=date(2010, 7, 14)), (("RM102|M1|A|1", hours(1)),))
    nobody = visit(patient("RM1", "Bexwell", born=None), dependency="x", side_room="")  # type: ignore[arg-type]
    found = selectors.needs([somebody.pk, nobody.pk], NOW.astimezone(UTC).date())
    assert (found[somebody.pk].age, found[somebody.pk].sex) == (16, "")
    assert (found[nobody.pk].age, found[nobody.pk].dependency, found[nobody.pk].side_room) == (None, None, None)
