"""The escalation level on the screen: declaring, what is owed, who was first, history, pillars and versions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from beds_now_support import NOW, stop_clock
from django.core.exceptions import PermissionDenied
from django.test import Client
from emergency_support import ambulances, attended, departments, feeds, later

from wherry.cli import main
from wherry.errors import UserError
from wherry.flow.escalation.table import builtin, builtin_text
from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.discharge.models import Tracker
from wherry.web.emergency import actions, current, kept, levels, services
from wherry.web.emergency.acting import Refused
from wherry.web.emergency.levels import Levels
from wherry.web.emergency.models import (
    ActionAct,
    Declaration,
    EscalationVersion,
    LevelReading,
    OwedAction,
    PillarEntry,
)
from wherry.web.emergency.tiles import tiles
from wherry.web.feed import changes
from wherry.web.feed.models import Sender, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_built(no_data: Path) -> None:
    """No snapshot."""


@pytest.fixture
def manager(make_user: Callable[..., User]) -> Access:
    """A site manager of Norwich."""
    return access_of(make_user(Role.SITE_MANAGER, ("RM1",), "manager"))


@pytest.fixture
def another(make_user: Callable[..., User]) -> Access:
    """Another one."""
    return access_of(make_user(Role.SITE_MANAGER, ("RM1",), "another"))


def now() -> Levels:
    """The levels at the stopped clock."""
    return current.fresh().levels


def declared(access: Access, level: int, seen: int, reason: str = "Because it is so") -> Declaration:
    """A declaration for Norwich."""
    return services.declare(access=access, levels=now(), site="RM102", level=level, reason=reason, seen=seen)


def answered(access: Access, code: str, act: str, note: str = "", seen: int | None = None, **more: int) -> OwedAction:
    """An act about an action of Norwich."""
    action = OwedAction.objects.filter(code=code).order_by("-pk")[0]
    return actions.answer(
        access=access, action_id=action.pk, act=act, note=note, seen=action.version if seen is None else seen,
        now=NOW, person_id=more.get("person"),
    )  # fmt: skip


# --- what is worked out


def test_the_level_by_hand() -> None:
    """Norwich: handover 40 min (2), 40% within 4 h (3), majors and resuscitation 2 of 44 (0), treatment, 1 of 3 over
    12 h (3), 1 of 3 referred (3); beds and criteria as they are."""
    departments()
    ambulances()
    found = now().site("RM102").score
    points = {line.parameter.code: line.points for line in found.lines}
    assert {code: points[code] for code in list(points)[:7]} == {
        "handover_minutes": 2,
        "four_hour_percent": 3,
        "majors_resus_percent": 0,
        "treatment_minutes": 0,
        "over_twelve_percent": 3,
        "referred_percent": 3,
        "bed_percent": 0,
    }
    assert points["no_criteria_percent"] is None
    assert (found.low, found.high) == (11, 14)
    assert found.level.sentence() == "incomplete: at least level 2, could be 3"


def test_a_silent_feed_makes_everything_missing_and_never_zero() -> None:
    departments()
    stop_clock(NOW + timedelta(hours=2))
    found = now().site("RM102").score
    assert len(found.missing) == 9
    assert (found.level.low, found.level.high) == (1, 4)
    assert all("silent since" in line.given.quality for line in found.lines)
    Sender.objects.all().delete()
    assert "never told" in now().site("RM102").score.lines[0].given.quality


def test_criteria_to_reside_count_once_enough_have_been_reviewed() -> None:
    feeds()
    for number, surname in enumerate(("Aldeby", "Blofield", "Cantley", "Dersingham"), start=1):
        attended("RM1", surname, 30, 20, to=f"M1|A|{number}", admission_method="emergency")
    keys = list(Visit.objects.values_list("key", flat=True))
    Tracker.objects.create(visit_key=keys[0], organisation="RM1", meets=False)
    found = now().site("RM102").score.lines[-1].given
    assert (found.value, found.quality) == (None, "1 of 4 have been reviewed")
    Tracker.objects.create(visit_key=keys[1], organisation="RM1", meets=True)
    found = now().site("RM102").score.lines[-1].given
    assert (found.value, found.quality) == (50.0, "1 of 2; 2 of 4 have been reviewed")


# --- declaring


def test_declaring_makes_the_levels_actions_owed(manager: Access) -> None:
    departments()
    version = changes.version()
    made = declared(manager, 3, 0)
    owed = {action.code: action for action in OwedAction.objects.all()}
    cards = {card.code: card for card in builtin().actions if card.level == 3}
    assert set(owed) == set(cards)
    for code, action in owed.items():
        assert action.due_at == NOW + timedelta(minutes=cards[code].due_minutes)
        assert (action.role, action.owner) == (cards[code].role, None)
    assert (made.computed_low <= 2, made.computed_high >= 3, len(made.lines)) == (True, True, 9)
    assert changes.version() > version
    line = AuditEvent.objects.get(action="escalation.declared")
    assert json.loads(line.detail)["level"] == 3


def test_a_level_that_differs_needs_a_reason(manager: Access) -> None:
    departments()
    with pytest.raises(Refused, match="Say why you declare level 4"):
        declared(manager, 4, 0, reason=" ")
    with pytest.raises(Refused, match="Choose the level"):
        services.declare(access=manager, levels=now(), site="RM102", level=5, reason="x", seen=0)
    with pytest.raises(Refused, match="Choose the hospital"):
        services.declare(access=manager, levels=now(), site="RM131", level=2, reason="x", seen=0)
    assert not Declaration.objects.exists()


def test_of_two_people_the_second_is_told_who_was_first(manager: Access, another: Access) -> None:
    departments()
    declared(manager, 3, 0)
    with pytest.raises(Refused, match=r"Test Manager declared level 3 first, 14 July 2026 at 14:20. Yours was not"):
        declared(another, 2, 0)
    assert Declaration.objects.count() == 1
    with pytest.raises(Refused, match="declared already, by Test Manager"):
        declared(another, 3, 1)
    declared(another, 2, 1)
    assert levels.standing_declarations()["RM102"].level == 2


def test_stepping_down_ends_what_is_no_longer_owed_and_stepping_up_owes_nothing_twice(manager: Access) -> None:
    departments()
    declared(manager, 2, 0)
    declared(manager, 3, 1)
    two, three = (OwedAction.objects.filter(level=level, state="open").count() for level in (2, 3))
    assert (two, three) == (3, 4)  # what level 2 asks for is still owed
    answered(manager, "3_on_call", "done", "Told both")
    declared(manager, 2, 2)
    assert OwedAction.objects.filter(level=3, state="open").count() == 0
    assert OwedAction.objects.get(code="3_on_call").state == "done"
    assert OwedAction.objects.filter(level=2, state="open").count() == 3  # not owed a second time
    declared(manager, 3, 3)
    assert OwedAction.objects.filter(level=3, state="open").count() == 4
    declared(manager, 1, 4)
    assert not OwedAction.objects.filter(state="open").exists()
    assert not OwedAction.objects.exclude(live=None).exists()


def test_taking_a_declaration_back_restores_what_was(manager: Access) -> None:
    departments()
    declared(manager, 3, 0)
    made = declared(manager, 1, 1)
    services.take_back(access=manager, declaration_id=made.pk, why="Wrong hospital", now=NOW)
    assert levels.standing_declarations()["RM102"].level == 3
    assert OwedAction.objects.filter(state="open", level=3).count() == 4
    with pytest.raises(Refused, match="does not stand any more"):
        services.take_back(access=manager, declaration_id=made.pk, why="Again", now=NOW)
    first = Declaration.objects.get(sequence=1)
    answered(manager, "3_on_call", "done")
    with pytest.raises(Refused, match="answered an action"):
        services.take_back(access=manager, declaration_id=first.pk, why="Too late", now=NOW)
    with pytest.raises(Refused, match="why it was a mistake"):
        services.take_back(access=manager, declaration_id=first.pk, why="", now=NOW)
    declared(manager, 2, 2)  # numbers go on after what was taken back


def test_only_people_of_the_hospital_who_may_declare(make_user: Callable[..., User], manager: Access) -> None:
    departments()
    made = declared(manager, 3, 0)
    strangers = [
        access_of(make_user(Role.SITE_MANAGER, ("RGP",), "elsewhere")),
        access_of(make_user(Role.WARD_NURSE, ("RM1",), "nurse")),
        access_of(make_user(Role.EXECUTIVE, ("RM1",), "executive")),
    ]
    for stranger in strangers:
        with pytest.raises(PermissionDenied):
            declared(stranger, 2, 1)
        with pytest.raises(PermissionDenied):
            services.take_back(access=stranger, declaration_id=made.pk, why="x", now=NOW)
        with pytest.raises(PermissionDenied):
            answered(stranger, "3_on_call", "done")
    for stranger in strangers[1:]:
        with pytest.raises(PermissionDenied):
            services.enter_pillar(access=stranger, levels=now(), pillar="community", level=2, note="")
        with pytest.raises(PermissionDenied):
            services.load_version(access=stranger, text=builtin_text(), where="x", why="y")


# --- actions


def test_an_action_is_taken_given_done_and_undone(manager: Access, another: Access) -> None:
    departments()
    declared(manager, 3, 0)
    one = answered(manager, "3_on_call", "take")
    assert (one.owner_name, one.state) == ("Test Manager", "open")
    assert another.user is not None
    one = answered(manager, "3_on_call", "give", person=another.user.pk)
    assert one.owner_name == "Test Another"
    one = answered(another, "3_on_call", "done", "Both told")
    assert (one.state, one.answered_by_name, one.answered_at, one.note, one.live) == (
        *("done", "Test Another", NOW, "Both told"),
        None,
    )
    with pytest.raises(Refused, match="This action is done"):
        answered(manager, "3_on_call", "done")
    one = answered(another, "3_on_call", "undo")
    assert (one.state, one.owner_name, one.answered_by_name, one.live) == (
        "open",
        "Test Another",
        "",
        "RM102|3_on_call",
    )
    with pytest.raises(Refused, match="nothing to undo"):
        answered(another, "3_on_call", "undo")
    assert [act.act for act in ActionAct.objects.order_by("sequence")] == ["take", "give", "done", "undo"]
    assert AuditEvent.objects.filter(action__startswith="escalation.action_").count() == 4


def test_not_done_needs_a_reason_and_a_person_must_be_one_who_may(manager: Access) -> None:
    departments()
    declared(manager, 3, 0)
    with pytest.raises(Refused, match="Say why it is not done"):
        answered(manager, "3_on_call", "not_done")
    assert answered(manager, "3_on_call", "not_done", "Nobody answered").state == "not_done"
    with pytest.raises(Refused, match="Choose who is to do it"):
        answered(manager, "3_handover", "give", person=999_999)
    with pytest.raises(Refused, match="Choose what to do"):
        answered(manager, "3_handover", "delete")


def test_of_two_who_answer_the_second_is_told(manager: Access, another: Access) -> None:
    departments()
    declared(manager, 3, 0)
    answered(manager, "3_on_call", "take", seen=0)
    with pytest.raises(Refused, match="Test Manager was first, 14 July 2026 at 14:20: taken on"):
        answered(another, "3_on_call", "done", seen=0)
    assert ActionAct.objects.count() == 1


def test_what_is_done_cannot_be_undone_once_its_level_is_over(manager: Access) -> None:
    departments()
    declared(manager, 3, 0)
    answered(manager, "3_on_call", "done")
    declared(manager, 1, 1)
    with pytest.raises(Refused, match="no longer declared"):
        answered(manager, "3_on_call", "undo")
    ended = OwedAction.objects.get(code="3_handover")
    assert ended.state == "ended"
    with pytest.raises(Refused, match="This action is no longer owed"):
        answered(manager, "3_handover", "take")


def test_rows_that_are_only_added_cannot_be_changed(manager: Access) -> None:
    departments()
    services.enter_pillar(access=manager, levels=now(), pillar="community", level=2, note="")
    row = PillarEntry.objects.get()
    row.level = 4
    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        row.delete()


# --- the system


def test_a_pillar_goes_stale_and_is_then_missing(manager: Access) -> None:
    departments()
    for pillar in ("community", "mental_health", "nhs_111"):
        services.enter_pillar(access=manager, levels=now(), pillar=pillar, level=2, note="By telephone")
    found = now().system
    assert [part.level is None for part in found.pillars] == [False, False, False, False]
    assert "entered by Test Manager, 14 July 2026 at 14:20" in found.pillars[1].words
    later(25 * 60)
    old = now().system
    assert [part.level is None for part in old.pillars] == [False, True, True, True]
    assert "older than 24 hours" in old.pillars[1].words
    assert old.level.high >= found.level.high
    with pytest.raises(Refused, match="entered by hand"):
        services.enter_pillar(access=manager, levels=now(), pillar="acute", level=2, note="")


# --- history


def test_a_reading_is_kept_each_hour_and_at_each_change() -> None:
    departments()
    assert len(kept.keep(now())) == 3
    assert kept.keep(now()) == []  # the same hour, the same level
    later(10)
    assert kept.keep(now()) == []
    later(50)
    made = kept.keep(now())  # 15:10: another hour
    assert {reading.slot for reading in made} == {"2026-07-14T14"}
    for number in range(30):
        attended("RGP", f"Crowd{number}", 0.1, place="MAJORS", referred_at=NOW)
    later(55)
    (change,) = kept.keep(now())
    assert change.site == "RGP75"
    assert "Majors and resuscitation places occupied: " in change.why
    assert LevelReading.objects.filter(site="RM102").count() == 2


def test_the_command_keeps_readings_and_shows_levels(capsys: pytest.CaptureFixture[str]) -> None:
    departments()
    assert main(["flow", "watch", "--once"]) == 0
    assert "RM102: level" in capsys.readouterr().out
    assert LevelReading.objects.count() == 3
    assert main(["flow", "escalation", "show"]) == 0
    said = capsys.readouterr().out
    assert "Norwich (Colney): incomplete" in said
    assert "missing" in said


# --- versions


def own(key: str = "own-1", **changed: str) -> str:
    """The placeholder with a key and other words."""
    text = builtin_text().replace('key = "placeholder-1"', f'key = "{key}"').replace("2024-01-01", "2026-07-01", 1)
    for was, becomes in changed.items():
        text = text.replace(was, becomes)
    return text


def test_a_version_is_added_and_counts_from_its_day(manager: Access) -> None:
    departments()
    assert now().table.key == "placeholder-1"
    made = services.load_version(access=manager, text=own(), where="own.toml", why="From the framework")
    assert (made.number, made.from_date.isoformat(), now().table.key) == (1, "2026-07-01", "own-1")
    with pytest.raises(Refused, match="versions are never changed"):
        services.load_version(access=manager, text=own(), where="own.toml", why="Again")
    with pytest.raises(Refused, match="versions are never changed"):
        services.load_version(access=manager, text=builtin_text(), where="own.toml", why="Again")
    with pytest.raises(Refused, match="where the values come from"):
        services.load_version(access=manager, text=own("own-2"), where="own.toml", why="")
    bad = own("own-3").replace("4 = 21", "4 = 99")
    with pytest.raises(UserError, match="points add up to 27 at most"):
        services.load_version(access=manager, text=bad, where="own.toml", why="Bad")
    assert EscalationVersion.objects.count() == 1


def test_what_was_declared_under_an_old_version_stays_as_it_was(manager: Access) -> None:
    departments()
    made = declared(manager, 3, 0)
    services.load_version(access=manager, text=own(), where="own.toml", why="From the framework")
    made.refresh_from_db()
    assert made.version_key == "placeholder-1"
    assert kept.keep(now())
    assert LevelReading.objects.first().version_key == "own-1"  # type: ignore[union-attr]


def test_the_command_loads_a_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.toml"
    file.write_text(own())
    assert main(["flow", "escalation", "load", str(file), "--why", "From the framework"]) == 0
    assert "Version 1 (own-1) is kept. It counts from 2026-07-01." in capsys.readouterr().out
    file.write_text(own("own-2").replace("[levels]", "[level]"))
    assert main(["flow", "escalation", "load", str(file), "--why", "x"]) == 1
    assert "own.toml" in capsys.readouterr().err


# --- pages


def page(client: Client, path: str) -> str:
    """A page's text, without its tags."""
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_page_shows_the_breakdown_and_takes_a_declaration(client_for: Callable[..., Client]) -> None:
    departments()
    ambulances()
    client = client_for(Role.SITE_MANAGER)
    text = page(client, "/emergency/escalation/?site=RM102")
    assert "placeholders, not NHS England’s values" in text
    assert "Incomplete: at least 2, could be 3, score 11 to 14 of 27" in text
    assert "missing 0 to 3" in text
    sent = {"act": "declare", "site": "RM102", "level": "3", "reason": "Ambulances queue", "seen": "0"}
    assert client.post("/emergency/escalation/act/", sent).status_code == 302
    text = page(client, "/emergency/escalation/?site=RM102")
    assert "Level 3 stands, declared by Test" in text
    assert "Tell the executive on call" in text
    assert "nobody has taken it on" in text
    again = client.post("/emergency/escalation/act/", {**sent, "level": "2"})
    assert again.status_code == 400
    assert "declared level 3 first" in again.content.decode()
    assert "Ambulances queue" in again.content.decode()  # what was typed is still there
    action = OwedAction.objects.get(code="3_on_call")
    done = {"act": "done", "site": "RM102", "action": action.pk, "seen": action.version, "note": ""}
    assert client.post("/emergency/escalation/act/", done).status_code == 302
    assert "Done Test" in page(client, "/emergency/escalation/?site=RM102")
    assert client.get("/emergency/escalation/?site=XX").status_code == 404


def test_a_post_for_another_hospital_is_refused(client_for: Callable[..., Client]) -> None:
    departments()
    client = client_for(Role.SITE_MANAGER, ("RGP",))
    sent = {"act": "declare", "site": "RM102", "level": "3", "reason": "x", "seen": "0"}
    assert client.post("/emergency/escalation/act/", sent).status_code == 403
    assert not Declaration.objects.exists()


def test_the_versions_page_shows_differences_and_keeps_what_was_typed(client_for: Callable[..., Client]) -> None:
    departments()
    client = client_for(Role.SITE_MANAGER)
    text = own("winter").replace("bounds = [92, 95, 98]", "bounds = [90, 94, 98]")
    sent = {"act": "version", "text": text.replace("4 = 21", "4 = 99"), "why": "Winter"}
    refused = client.post("/emergency/escalation/act/", sent)
    assert refused.status_code == 400
    assert "Winter" in refused.content.decode()
    assert "the points add up to 27 at most" in refused.content.decode()
    assert client.post("/emergency/escalation/act/", {**sent, "text": text}).status_code == 302
    shown = page(client, "/emergency/escalation/versions/")
    assert "parameter bed_percent, bounds: 92, 95, 98 → 90, 94, 98" in shown
    assert "In force" in shown
    assert "Load another version" not in page(client_for(Role.EXECUTIVE), "/emergency/escalation/versions/")


def test_the_control_room_shows_the_urgent_side_and_what_is_owed(
    client_for: Callable[..., Client], manager: Access
) -> None:
    departments()
    ambulances()
    declared(manager, 3, 0)
    current.forget()
    text = page(client_for(Role.SITE_MANAGER), "/")
    for words in ("Adult beds occupied now", "Within 4 hours, since midnight", "Longest in a department now",
                  "Ambulances outside for over 45 minutes", "Escalation level"):  # fmt: skip
        assert words in text
    assert "13 h 00 min" in text
    assert "declared 3" in text
    assert "Beds and emergency now" not in page(client_for(Role.CARE_TEAM), "/")


def test_the_tiles_of_a_silent_hospital_say_so(manager: Access) -> None:
    departments()
    Sender.objects.filter(organisation="RGP").update(last_recorded_at=NOW - timedelta(hours=3))
    current.forget()
    found = tiles(manager)
    assert found is not None
    assert found.silent == ("Gorleston is silent since 14 July 2026 at 11:20",)
    four = found.tiles[1]
    assert [site.text for site in four.sites][1] == "not known"
    assert four.missing == "nothing is known of Gorleston"
    Sender.objects.all().delete()
    current.forget()
    nothing = tiles(manager)
    assert nothing is not None
    assert {tile.text for tile in nothing.tiles[:4]} == {"not known"}
    assert nothing.tiles[4].text == "at least 1"
