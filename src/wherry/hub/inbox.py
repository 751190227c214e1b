"""What lies in the folder of extracts: files at any depth, zip files opened, hidden and half-copied ones passed by.

A file is looked at by its bytes on disk. A member of a zip file is unpacked to scratch first, one at a time, and is
then a file like any other, named `archive.zip/member.csv`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wherry.errors import UserError
from wherry.hub.store import is_full, make_dir

PARTIAL = (".part", ".tmp", ".partial", ".crdownload", ".filepart")
#: A member that unpacks to more than this share of its size, and is large, is taken for a zip bomb.
_BOMB_RATIO, _BOMB_BYTES = 500, 1_000_000_000


@dataclass(frozen=True)
class Found:
    """One file: the name to show, its own name (which gives its date), and where its bytes are."""

    shown: str
    name: str
    path: Path
    sha256: str
    byte_count: int


@dataclass(frozen=True)
class Unreadable:
    """Something that could not be opened: a folder without permission, a broken zip."""

    shown: str
    reason: str
    sha256: str


@dataclass(frozen=True)
class Ignored:
    """A hidden or half-copied file, left alone."""

    shown: str
    reason: str


def look(folder: Path, scratch: Path) -> Iterator[Found | Unreadable | Ignored]:
    """Everything in the folder, in order of name. A yielded zip member's file is gone after the next step.

    Raises `UserError` when the folder itself is not there or cannot be read.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder of extracts at {folder}. Nothing was changed. Name it with --extracts.")
    try:
        os.listdir(folder)
    except OSError as error:
        raise UserError(
            f"The folder of extracts {folder} cannot be read: {error.strerror}. Nothing was changed. Give this "
            f"account leave to read it, then build again."
        ) from None
    problems: list[Unreadable] = []

    def blocked(error: OSError) -> None:
        shown = os.path.relpath(error.filename, folder)
        problems.append(
            Unreadable(
                shown, f"The folder cannot be read: {error.strerror}. Give leave to read it, and build again.", "-"
            )
        )

    for here, folders, names in os.walk(folder, onerror=blocked):
        folders.sort()
        for name in list(folders):
            if name.startswith("."):
                folders.remove(name)
                yield Ignored(os.path.relpath(Path(here, name), folder), "a hidden folder")
        for name in sorted(names):
            yield from _file(Path(here, name), os.path.relpath(Path(here, name), folder), scratch)
        yield from problems
        problems.clear()
    yield from problems


def _file(path: Path, shown: str, scratch: Path) -> Iterator[Found | Unreadable | Ignored]:
    if why := _passed_by(path.name):
        yield Ignored(shown, why)
        return
    if not path.is_file():
        yield Ignored(shown, "not a plain file")
        return
    try:
        sha256, size = digest(path)
    except OSError as error:
        yield Unreadable(
            shown, f"The file cannot be read: {error.strerror}. Give leave to read it, and build again.", "-"
        )
        return
    if path.suffix.lower() == ".zip":
        yield from _members(path, shown, sha256, scratch)
    else:
        yield Found(shown, path.name, path, sha256, size)


def _passed_by(name: str) -> str:
    if name.startswith(("~$", ".")):
        return "a hidden file"
    if name.lower().endswith(PARTIAL):
        return "a file still being copied, by its name"
    return ""


def _members(path: Path, shown: str, sha256: str, scratch: Path) -> Iterator[Found | Unreadable | Ignored]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        yield Unreadable(shown, f"The zip file is broken ({error}). Ask for it to be sent again.", sha256)
        return
    with archive:
        for number, member in enumerate(sorted(archive.infolist(), key=lambda info: info.filename)):
            if member.is_dir():
                continue
            name, inside = Path(member.filename).name, f"{shown}/{member.filename}"
            if why := _passed_by(name):
                yield Ignored(inside, why)
                continue
            if member.file_size > _BOMB_BYTES and member.file_size > _BOMB_RATIO * max(1, member.compress_size):
                yield Unreadable(inside, f"It would unpack to {member.file_size:,} bytes. Send it unpacked.", sha256)
                continue
            make_dir(scratch)
            target = scratch / f"member-{number}"
            try:
                with archive.open(member) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                member_sha, size = digest(target)
                yield Found(inside, name, target, member_sha, size)
            except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
                if is_full(error):
                    raise
                words = f"This member of the zip file cannot be unpacked ({error}). Ask for it to be sent again."
                yield Unreadable(inside, words, sha256)
            finally:
                target.unlink(missing_ok=True)


def digest(path: Path) -> tuple[str, int]:
    """SHA-256 of a file in hex, and its size in bytes."""
    sha, size = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(1 << 22):
            sha.update(block)
            size += len(block)
    return sha.hexdigest(), size
