"""The door of the ambulance service: a file of incidents in, the newest line of each kept, refused lines kept too.

One transaction a file. Loading the same file twice, or an older one after a newer one, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from django.db import IntegrityError, transaction

from wherry.errors import UserError
from wherry.flow.emergency import incidents
from wherry.flow.emergency.incidents import BadLine, Incident
from wherry.web.access import audit
from wherry.web.emergency.models import AmbulanceBadLine, AmbulanceIncident, AmbulanceLoad
from wherry.web.emergency.places import trusts
from wherry.web.feed import changes

_MANY = 500
_FIELDS = tuple(field.name for field in fields(Incident) if field.name != "incident")


def load_path(path: Path, *, by: str = "command line") -> AmbulanceLoad:
    """Load one file. UserError where there is none, or where it is neither JSON lines nor CSV."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}). Nothing was loaded.") from None
    return load(content=content, name=path.name, by=by)


def load(*, content: bytes, name: str, by: str) -> AmbulanceLoad:
    """Load the content of a file. Gives what became of it; the database as a whole, or not at all."""
    good: list[Incident] = []
    bad: list[BadLine] = []
    for _, line in incidents.read(content, name):
        if isinstance(line, Incident):
            good.append(line)
        else:
            bad.append(line)
    wanted = incidents.newest(good)
    try:
        with transaction.atomic():
            return _keep(wanted, bad, len(good) + len(bad), name, hashlib.sha256(content).hexdigest(), by)
    except IntegrityError:
        raise UserError(
            f"{name}: another file with the same incidents was being loaded at this moment. Nothing of {name} was "
            "kept. Load it again: what is known already is left alone."
        ) from None


def _keep(
    wanted: dict[str, Incident], bad: Sequence[BadLine], lines: int, name: str, digest: str, by: str
) -> AmbulanceLoad:
    held = {row.number: row for row in _held(list(wanted))}
    new = [one for number, one in wanted.items() if number not in held]
    changed = [
        (held[number], one)
        for number, one in wanted.items()
        if number in held and (one.known_at, one.digest) > (held[number].known_at, held[number].digest)
    ]
    made = AmbulanceLoad.objects.create(
        file=name[:300],
        digest=digest,
        loaded_at=datetime.now(UTC),
        loaded_by_name=by[:200],
        lines=lines,
        new=len(new),
        changed=len(changed),
        older=lines - len(bad) - len(new) - len(changed),
        refused=len(bad),
    )
    rows = [AmbulanceIncident(number=one.incident, digest=one.digest, load=made, **_values(one)) for one in new]
    AmbulanceIncident.objects.bulk_create(rows, batch_size=_MANY)
    for row, one in changed:
        for field, value in _values(one).items():
            setattr(row, field, value)
        row.digest, row.load = one.digest, made
    AmbulanceIncident.objects.bulk_update(
        [row for row, _ in changed], [*_FIELDS, "digest", "load"], batch_size=_MANY // 5
    )
    AmbulanceBadLine.objects.bulk_create(
        [AmbulanceBadLine(load=made, line=one.line, reason=one.reason, raw=one.raw) for one in bad], batch_size=_MANY
    )
    audit.record_system(
        actor=by or "command line",
        action="ambulance.loaded",
        subject_kind="file",
        subject_key=name[:200],
        detail={"lines": lines, "new": len(new), "changed": len(changed), "refused": len(bad), "sha256": digest},
    )
    if new or changed:
        changes.touch(trusts())
    return made


def _held(numbers: Sequence[str]) -> list[AmbulanceIncident]:
    found: list[AmbulanceIncident] = []
    for start in range(0, len(numbers), _MANY):
        wanted = numbers[start : start + _MANY]
        found += AmbulanceIncident.objects.select_for_update().filter(number__in=wanted)
    return found


def _values(one: Incident) -> dict[str, object]:
    return {name: getattr(one, name) for name in _FIELDS}
