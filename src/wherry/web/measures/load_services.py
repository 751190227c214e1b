"""Take in a file of figures: kept as it was sent, looked at, then taken whole; a load can be withdrawn and put back.

The loads themselves are files of the working folder (`wherry.performance.measures.loaded`). The database's part of an
act comes first and falls with the file's: if the load fails, nothing says that it was done.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from wherry.errors import UserError
from wherry.performance.measures import loaded
from wherry.performance.measures.loaded import Checked, Load
from wherry.reference.system import System
from wherry.web import snapshot as snapshots
from wherry.web.access import Permission, audit
from wherry.web.access.access import Access
from wherry.web.access.models import User
from wherry.web.components import performance
from wherry.web.measures import jobs
from wherry.web.measures.models import Upload

#: Longest file that is taken through the browser; longer ones go by `wherry measures load`.
BYTES_AT_MOST = 10_000_000
NOTHING = "Nothing was taken."


@transaction.atomic
def send(*, access: Access, file: UploadedFile[bytes] | None) -> Upload:
    """Keep a file until it is taken. One's own that was not taken gives way to it. Raises UserError in words."""
    user = _allowed(access)
    if file is None or not file.name:
        raise UserError(f"Choose a file first, CSV or Excel (.xlsx). {NOTHING}")
    name = plain_name(file.name)
    if PurePath(name).suffix.lower() not in (".csv", ".xlsx"):
        raise UserError(f"{name} is neither CSV nor Excel (.xlsx). {NOTHING} Save the sheet as one of them.")
    if (file.size or 0) > BYTES_AT_MOST:
        raise UserError(
            f"{name} is larger than {BYTES_AT_MOST // 1_000_000} MB. {NOTHING} Send it in parts, or let whoever runs "
            "this service load it (wherry measures load)."
        )
    data = file.read()
    Upload.objects.filter(sent_by=user, taken_at=None).delete()
    return Upload.objects.create(
        file_name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        sent_by=user,
        sent_by_name=user.display_name[:200],
        sent_at=datetime.now(UTC),
    )


def plain_name(name: str) -> str:
    """A file's name without folders and signs that no column keeps.

    >>> plain_name("C:\\\\Users\\\\a\\\\figures 2026.csv"), plain_name("../../etc/passwd")
    ('figures 2026.csv', 'passwd')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[-150:] or "file"


def waiting(access: Access) -> Upload | None:
    """One's own file that was sent and not taken."""
    return None if access.user is None else Upload.objects.filter(sent_by=access.user, taken_at=None).first()


def check(upload: Upload) -> Checked:
    """What a file would add and change, and what of it is refused. Raises UserError where it cannot be read at all."""
    with _on_disk(upload) as path:
        return loaded.check(path, _system(), name=upload.file_name, today=performance.today())


@transaction.atomic
def take(*, access: Access, pk: int) -> Load:
    """Take one's own file that was sent: whoever takes it has looked at it. Raises UserError where it is not there any
    more or was taken already."""
    user = _allowed(access)
    found = Upload.objects.select_for_update().filter(pk=pk, sent_by=user).first()
    if found is None:
        raise UserError(f"That file is not kept here any more: another was sent after it. {NOTHING} Send it again.")
    changed = Upload.objects.filter(pk=pk, taken_at=None).update(taken_at=datetime.now(UTC))
    if not changed:
        raise UserError(f"{found.file_name} was taken already, as load {found.load}. {NOTHING}")
    with _on_disk(found) as path:
        made = loaded.load(
            [path], _system(), by=user.display_name, names={path: found.file_name}, today=performance.today()
        )[0]
    Upload.objects.filter(pk=pk).update(load=made.number, data=b"")
    _record(access, "measure.figures_loaded", made, {"sha256": made.sha256, "refused": made.rows_quarantined})
    return made


@transaction.atomic
def give_up(*, access: Access, pk: int) -> None:
    """Forget a file that was sent and not taken."""
    user = _allowed(access)
    Upload.objects.filter(pk=pk, sent_by=user, taken_at=None).delete()


@transaction.atomic
def withdraw(*, access: Access, number: int) -> Load:
    """Let a load no longer count: what it changed is again as it was before."""
    user = _allowed(access)
    made = loaded.withdraw(number, by=user.display_name)
    _record(access, "measure.load_withdrawn", made, {})
    return made


@transaction.atomic
def restore(*, access: Access, number: int) -> Load:
    """Let a withdrawn load count again."""
    _allowed(access)
    made = loaded.restore(number)
    _record(access, "measure.load_put_back", made, {})
    return made


@contextlib.contextmanager
def _on_disk(upload: Upload) -> Iterator[Path]:
    """The file in a folder of its own, as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="wherry-figures-") as folder:
        path = Path(folder) / f"figures{PurePath(upload.file_name).suffix.lower()}"
        path.write_bytes(bytes(upload.data))
        yield path


def _system() -> System:
    system = snapshots.system()
    if system is None:
        raise UserError(f"There is no system yet: build the hub first (wherry hub build). {NOTHING}")
    return system


def _allowed(access: Access) -> User:
    if access.user is None or not access.can(Permission.KEEP_MEASURES):
        raise PermissionDenied(Permission.KEEP_MEASURES.value)
    return access.user


def _record(access: Access, action: str, made: Load, detail: dict[str, object]) -> None:
    audit.record(
        access=access,
        action=action,
        subject_kind="load of figures",
        subject_key=str(made.number),
        purpose="performance",
        detail={"file": made.file_name, "rows": made.rows_published, **detail},
    )
    transaction.on_commit(_count_again)


def _count_again() -> None:
    jobs.count_again.enqueue()
