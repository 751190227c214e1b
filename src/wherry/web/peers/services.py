"""Choose peers and keep theoretical gaps: each act is one transaction with its audit line, and can be taken back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.peers.models import KeptGap, Pick

NAME_AT_MOST = 120
WORDS_AT_MOST = 2000


class Overtaken(UserError):
    """Somebody changed the choice after this person opened it."""


@transaction.atomic
def save_pick(
    *, access: Access, slug: str, name: str, trusts: Sequence[str], reason: str, seen: int, known: Sequence[str]
) -> Pick:
    """Keep a choice of peers as the next version of `slug` (a new one where it is blank). `seen`: newest version seen.

    `known` are the trusts that there are. Raises `Overtaken` where somebody was first, `UserError` for what is missing.
    """
    user = _may(access)
    name, reason = _plain(name), _plain(reason)
    chosen = sorted({code.strip().upper() for code in trusts if code.strip()})
    strange = [code for code in chosen if code not in known]
    problems = [
        "Give the choice a name." if not name else "",
        f"A name has at most {NAME_AT_MOST} letters." if len(name) > NAME_AT_MOST else "",
        "Say why these are the right peers: whoever reads the comparison will ask." if not reason else "",
        f"The reason has at most {WORDS_AT_MOST} letters." if len(reason) > WORDS_AT_MOST else "",
        "Choose at least one trust." if not chosen else "",
        "There is no such choice to change." if slug and not Pick.objects.filter(slug=slug).exists() else "",
        f"No trust {', '.join(strange)[:100]} in the published figures." if strange else "",
    ]
    if any(problems):
        raise UserError(" ".join(one for one in problems if one) + " Nothing was saved.")
    return _version(access, user, slug or _slug(name), seen, "peers.pick_saved", name, chosen, reason, False)


@transaction.atomic
def withdraw_pick(*, access: Access, slug: str, seen: int, back: bool = False) -> Pick:
    """Offer a choice no longer, or (`back`) again: a further version that says so."""
    user = _may(access)
    newest = Pick.objects.filter(slug=slug).first()
    if newest is None:
        raise UserError("There is no such choice of peers. Nothing was changed.")
    if newest.withdrawn is not back:
        raise UserError(f"{newest.name} is {'offered' if back else 'withdrawn'} already. Nothing was changed.")
    action = "peers.pick_restored" if back else "peers.pick_withdrawn"
    return _version(access, user, slug, seen, action, newest.name, newest.trusts, newest.reason, not back)


def _version(
    access: Access,
    user: User,
    slug: str,
    seen: int,
    action: str,
    name: str,
    trusts: Sequence[str],
    reason: str,
    withdrawn: bool,
) -> Pick:
    newest = Pick.objects.filter(slug=slug).first()
    if newest is not None and newest.number > seen:
        raise Overtaken(_first(newest))
    number = newest.number + 1 if newest else 1
    try:
        with transaction.atomic():
            made = Pick.objects.create(
                slug=slug,
                number=number,
                name=name,
                trusts=list(trusts),
                reason=reason,
                withdrawn=withdrawn,
                made_by=user,
                made_by_name=user.display_name[:200],
                made_at=datetime.now(UTC),
            )
    except IntegrityError:
        raise Overtaken(_first(Pick.objects.filter(slug=slug).first())) from None
    detail = {"version": number, "trusts": list(trusts), "name": name}
    audit.record(
        access=access, action=action, subject_kind="peer_pick", subject_key=slug, purpose="performance", detail=detail
    )
    return made


def _first(newest: Pick | None) -> str:
    who = f"{newest.made_by_name} saved version {newest.number} of {newest.name}" if newest else "Somebody saved it"
    return f"{who} first. Nothing of yours was saved: look at theirs, then save again."


@transaction.atomic
def keep_gap(*, access: Access, trust: str, measure: str, figures: Mapping[str, Any], note: str) -> KeptGap:
    """Keep a theoretical gap with everything that it stands on."""
    user = _may(access)
    note = _plain(note)
    if len(note) > WORDS_AT_MOST:
        raise UserError(f"A note has at most {WORDS_AT_MOST} letters. Nothing was kept.")
    made = KeptGap.objects.create(
        trust=trust,
        measure=measure,
        figures=dict(figures),
        note=note,
        made_by=user,
        made_by_name=user.display_name[:200],
        made_at=datetime.now(UTC),
    )
    audit.record(
        access=access,
        action="peers.gap_kept",
        subject_kind="peer_gap",
        subject_key=str(made.pk),
        organisation=trust,
        purpose="performance",
        detail={"measure": measure},
    )
    return made


@transaction.atomic
def withdraw_gap(*, access: Access, pk: int, back: bool = False) -> KeptGap:
    """Withdraw a kept gap, or (`back`) take the withdrawal back."""
    user = _may(access)
    found = KeptGap.objects.select_for_update().filter(pk=pk).first()
    if found is None:
        raise UserError("There is no such kept gap. Nothing was changed.")
    if (found.withdrawn_at is None) is back:
        by = f" by {found.withdrawn_by_name}" if found.withdrawn_by_name else ""
        raise UserError(f"It {'stands' if back else f'was withdrawn{by}'} already. Nothing was changed.")
    found.withdrawn_at = None if back else datetime.now(UTC)
    found.withdrawn_by_name = "" if back else user.display_name[:200]
    found.save(update_fields=["withdrawn_at", "withdrawn_by_name"])
    audit.record(
        access=access,
        action="peers.gap_restored" if back else "peers.gap_withdrawn",
        subject_kind="peer_gap",
        subject_key=str(pk),
        organisation=found.trust,
        purpose="performance",
        detail={"measure": found.measure},
    )
    return found


def _may(access: Access) -> User:
    if access.user is None or not access.can(Permission.KEEP_MEASURES):
        raise PermissionDenied(Permission.KEEP_MEASURES.value)
    return access.user


def _plain(words: str) -> str:
    return words.replace("\x00", "").replace("\r\n", "\n").strip()


def _slug(name: str) -> str:
    """An address of a name that nobody has; a number follows where somebody does.

    >>> re.sub("[^a-z0-9]+", "-", "Coastal & rural: 2026".lower()).strip("-")
    'coastal-rural-2026'
    """
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:70] or "peers"
    taken = set(Pick.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(one for n in range(1, len(taken) + 2) if (one := base if n == 1 else f"{base}-{n}") not in taken)
