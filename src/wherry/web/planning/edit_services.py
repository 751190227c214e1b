"""Keep a scenario as a new version: who, when and why. Nothing is ever overwritten, and nobody overtakes unseen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.planning.scenario.table import NAME
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.planning.models import ScenarioVersion
from wherry.web.planning.scenario_selectors import LONGEST, Version, files, heading, versions

WHY_AT_MOST = 2000


class Overtaken(UserError):
    """Somebody saved a version since this one was begun. `between` are those versions, newest first."""

    def __init__(self, between: Sequence[Version]) -> None:
        self.between = tuple(between)
        names = " and ".join(dict.fromkeys(one.saved_by for one in between)) or "Somebody"
        plural = "s" if len(between) > 1 else ""
        numbers = ", ".join(str(one.number) for one in reversed(between))
        super().__init__(
            f"{names} saved version{plural} {numbers} after you began. Nothing of yours is lost and nothing is saved "
            "yet. Look at the difference, then save yours as the next version, or take theirs into yours first."
        )


def too_long(text: str) -> str:
    """Why a text is too long; blank if it is not.

    >>> too_long("a" * 200_000), too_long("é" * 100_001)[:34]
    ('', 'The scenario is longer than 200 kB')
    """
    if len(text.encode("utf-8", "replace")) <= LONGEST:
        return ""
    return (
        f"The scenario is longer than {LONGEST // 1000} kB, so it was not kept. Put what is not an assumption, such as "
        "notes, somewhere else"
    )


@transaction.atomic
def save(*, access: Access, name: str, text: str, why: str, base: Version, seen: int) -> ScenarioVersion:
    """Keep a text as the next version of `name`, begun from `base`. `seen`: the newest version the person knows of.

    The text is checked before (`planning.scenario`); a text that cannot be read at all is refused here too. Raises
    `Overtaken` if somebody saved since, `UserError` for a text or a name that will not do. Another name is a copy.
    """
    user = access.user
    if user is None or not access.can(Permission.MAKE_PLANS):
        raise PermissionDenied(Permission.MAKE_PLANS.value)
    text, why = text.replace("\r\n", "\n").replace("\x00", ""), why.replace("\x00", "").strip()
    if not why:
        raise UserError("Say why in a sentence: whoever reads this plan later will ask. Nothing was saved.")
    if long := too_long(text):
        raise UserError(f"{long}.")
    if not NAME.fullmatch(name) or len(name) > 80:
        raise UserError("A scenario's name has small letters, digits and hyphens, at most 80. Nothing was saved.")
    known = _known(name)
    if name != base.slug and known:
        raise UserError(f"There is a scenario called {name} already. Choose another name. Nothing was saved.")
    newest = known[0].number if known else 0
    if name == base.slug and newest > seen:
        raise Overtaken([one for one in known if one.number > seen])
    if known and text.strip() == known[0].text.strip():
        raise UserError(f"This is what {known[0].words} says already, so there is nothing to save.")
    title, _ = heading(text)
    if not title:
        raise UserError("The scenario cannot be read, or has no title. Nothing was saved.")
    try:
        with transaction.atomic():
            made = ScenarioVersion.objects.create(
                slug=name,
                number=newest + 1,
                title=title[:200],
                text=text,
                made_from=base.key,
                why=why[:WHY_AT_MOST],
                saved_by=user,
                saved_by_name=user.display_name[:200],
                saved_at=datetime.now(UTC),
            )
    except IntegrityError:  # two at the same moment: the second one is told
        raise Overtaken([one for one in _known(name) if one.number > seen]) from None
    audit.record(
        access=access,
        action="plan.saved",
        subject_kind="scenario",
        subject_key=f"{name}:{made.number}",
        purpose="planning",
        detail={"made_from": base.key, "why": made.why, "bytes": len(text.encode())},
    )
    return made


def _known(name: str) -> list[Version]:
    """Versions of a name, newest first; none if the name is free."""
    if name in files() or ScenarioVersion.objects.filter(slug=name).exists():
        return versions(name)
    return []
