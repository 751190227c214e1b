"""What people do about the escalation level: each act is one transaction with its audit line.

Of two people at once the second is told who was first, and nothing is overwritten.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max

from wherry.flow.escalation import table as tables
from wherry.flow.escalation.table import LEVELS, Table
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.components.formats import moment
from wherry.web.emergency import kept
from wherry.web.emergency.acting import Refused, plain, standing, who
from wherry.web.emergency.levels import Levels, SiteLevel
from wherry.web.emergency.models import (
    ActionState,
    Declaration,
    EscalationVersion,
    OwedAction,
    PillarEntry,
)
from wherry.web.emergency.places import trusts
from wherry.web.feed import changes


def declare(
    *, access: Access, levels: Levels, site: str, level: int | None, reason: str, seen: int | None
) -> Declaration:
    """Declare a level for a site. It may differ from what is worked out; then, or where that is incomplete, with a
    reason. `seen` is the number of the declaration that the person saw (0: none).

    The level's actions become owed; those of higher levels are no longer owed, unless they were answered.
    """
    found = _site(levels, site)
    user = who(access, found.place.organisation)
    reason, worked_out = plain(reason), found.score.level
    if level not in LEVELS:
        raise Refused("Choose the level that you declare. Nothing was recorded.")
    if len(reason) > 1000:
        raise Refused("The reason is longer than 1,000 characters. Nothing was recorded: shorten it.")
    if not reason and not (worked_out.complete and worked_out.low == level):
        raise Refused(
            f"What is worked out is {worked_out.sentence()}. Say why you declare level {level}. Nothing was recorded."
        )
    try:
        with transaction.atomic():
            made = _declare(levels, found, level, reason, seen, user)
            audit.record(
                access=access, action="escalation.declared", subject_kind="site", subject_key=site,
                organisation=made.organisation, purpose="running the service",
                detail={"level": level, "worked_out": [worked_out.low, worked_out.high], "sequence": made.sequence},
            )  # fmt: skip
            changes.touch(trusts())
    except IntegrityError:
        raise _first(site) from None
    return made


def _declare(levels: Levels, found: SiteLevel, level: int, reason: str, seen: int | None, user: User) -> Declaration:
    site, organisation = found.place.site, found.place.organisation
    newest = Declaration.objects.filter(site=site).order_by("-sequence").first()
    if (newest.sequence if newest else 0) != seen:
        raise _first(site)
    now = standing(site)
    if now is not None and now.level == level:
        raise Refused(f"Level {level} is declared already, by {now.declared_by_name}. Nothing was recorded.")
    made = Declaration.objects.create(
        site=site,
        organisation=organisation,
        sequence=(newest.sequence if newest else 0) + 1,
        level=level,
        computed_low=found.score.level.low,
        computed_high=found.score.level.high,
        lines=kept.lines_of(found.score),
        version_key=levels.table.key,
        reason=reason,
        declared_by=user,
        declared_by_name=user.display_name,
        declared_at=levels.now,
    )
    for action in OwedAction.objects.select_for_update().filter(site=site, state=ActionState.OPEN, level__gt=level):
        action.state, action.live, action.ended_by = ActionState.ENDED, None, made
        action.version += 1
        action.save()
    _owe(levels.table, made)
    return made


def _owe(table: Table, made: Declaration) -> None:
    """Make the actions of a level owed, each once: what is open already stays as it is."""
    open_now = set(OwedAction.objects.filter(site=made.site, live__isnull=False).values_list("code", flat=True))
    for card in table.actions:
        if card.level == made.level and card.code not in open_now:
            OwedAction.objects.create(
                declaration=made,
                site=made.site,
                organisation=made.organisation,
                code=card.code,
                level=card.level,
                words=card.words,
                role=card.role,
                due_at=made.declared_at + timedelta(minutes=card.due_minutes),
                live=f"{made.site}|{card.code}",
            )


def take_back(*, access: Access, declaration_id: int | None, why: str, now: datetime) -> Declaration:
    """Take a declaration back that was a mistake: the newest of its site, as long as nobody answered its actions.

    What was declared before stands again, and what it no longer asked for is owed again.
    """
    made = Declaration.objects.filter(pk=declaration_id or 0).first()
    if made is None or made.organisation not in access.where(Permission.DECLARE_ESCALATION):
        raise PermissionDenied(Permission.DECLARE_ESCALATION.value)
    user, why = who(access, made.organisation), plain(why)
    if not why or len(why) > 500:
        raise Refused("Say in up to 500 characters why it was a mistake. Nothing was recorded.")
    with transaction.atomic():
        made = Declaration.objects.select_for_update().get(pk=made.pk)
        stands = standing(made.site)
        if stands is None or stands.pk != made.pk:
            raise Refused(f"This declaration does not stand any more. {_first(made.site)}")
        actions = list(made.actions.select_for_update())
        if any(action.state in (ActionState.DONE, ActionState.NOT_DONE) for action in actions):
            raise Refused(
                "Somebody has answered an action of this declaration, so it cannot be taken back. Declare another "
                "level instead. Nothing was recorded."
            )
        for action in actions:
            action.state, action.live = ActionState.ENDED, None
            action.version += 1
            action.save()
        for action in made.ended_actions.select_for_update():
            action.state, action.live, action.ended_by = ActionState.OPEN, f"{action.site}|{action.code}", None
            action.version += 1
            action.save()
        made.undone_at, made.undone_by_name, made.undone_why = now, user.display_name, why
        made.save()
        audit.record(
            access=access, action="escalation.taken_back", subject_kind="site", subject_key=made.site,
            organisation=made.organisation, purpose="running the service",
            detail={"level": made.level, "sequence": made.sequence},
        )  # fmt: skip
        changes.touch(trusts())
    return made


def enter_pillar(*, access: Access, levels: Levels, pillar: str, level: int | None, note: str) -> PillarEntry:
    """Enter the level of a pillar that has no feed. Entering again corrects it; what was entered stays on record."""
    known = {one.code: one for one in levels.table.pillars if one.code != "acute"}
    user, note = who(access, None), plain(note)
    if pillar not in known:
        raise Refused("Choose a pillar that is entered by hand. Nothing was recorded.")
    if level not in LEVELS:
        raise Refused(f"Choose the level of {known[pillar].words}. Nothing was recorded.")
    if len(note) > 300:
        raise Refused("The note is longer than 300 characters. Nothing was recorded: shorten it.")
    with transaction.atomic():
        made = PillarEntry.objects.create(
            pillar=pillar, level=level, note=note, entered_by=user, entered_by_name=user.display_name,
            entered_at=levels.now,
        )  # fmt: skip
        audit.record(
            access=access, action="escalation.pillar_entered", subject_kind="pillar", subject_key=pillar,
            purpose="running the service", detail={"level": level},
        )  # fmt: skip
        changes.touch(trusts())
    return made


def load_version(*, access: Access | None, text: str, where: str, why: str) -> EscalationVersion:
    """Load a version of the table. It is added: no version is ever changed. UserError says what does not fit.

    `access` None is the command line.
    """
    user = who(access, None) if access is not None else None
    table, why = tables.parse(text, where), plain(why)
    if not why or len(why) > 500:
        raise Refused("Say in up to 500 characters where the values come from, or why they change. Nothing was kept.")
    taken = Refused(
        f"A version with the key {table.key!r} is here already, and versions are never changed. Give yours a key of "
        "its own. Nothing was kept."
    )
    if table.key == tables.builtin().key or EscalationVersion.objects.filter(key=table.key).exists():
        raise taken
    name = user.display_name if user else "command line"
    detail = {"key": table.key, "from": table.from_date.isoformat(), "placeholder": table.placeholder}
    try:
        with transaction.atomic():
            highest = EscalationVersion.objects.aggregate(highest=Max("number"))["highest"] or 0
            made = EscalationVersion.objects.create(
                number=highest + 1, key=table.key, text=text, from_date=table.from_date, to_date=table.to_date, why=why,
                loaded_by=user, loaded_by_name=name, loaded_at=datetime.now(UTC),
            )  # fmt: skip
            if access is None:
                audit.record_system(
                    actor="command line", action="escalation.version_loaded", subject_kind="escalation_version",
                    subject_key=table.key, detail=detail,
                )  # fmt: skip
            else:
                audit.record(
                    access=access, action="escalation.version_loaded", subject_kind="escalation_version",
                    subject_key=table.key, purpose="running the service", detail=detail,
                )  # fmt: skip
            changes.touch(trusts())
    except IntegrityError:
        raise Refused(
            "Somebody loaded another version at this moment. Nothing of yours was kept: load it again."
        ) from None
    return made


def _site(levels: Levels, site: str) -> SiteLevel:
    try:
        return levels.site(site)
    except KeyError:
        raise Refused("Choose the hospital. Nothing was recorded.") from None


def _first(site: str) -> Refused:
    newest = Declaration.objects.filter(site=site).order_by("-sequence").first()
    if newest is None:
        return Refused("Nothing is declared there now. Look again, then declare if you still need to.")
    if newest.undone_at is not None:
        said = f"{newest.undone_by_name} took level {newest.level} back, {moment(newest.undone_at)}"
    else:
        said = f"{newest.declared_by_name} declared level {newest.level} first, {moment(newest.declared_at)}"
    return Refused(f"{said}. Yours was not recorded. Look at theirs, then declare again if you still need to.")
