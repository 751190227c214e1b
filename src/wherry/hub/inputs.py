"""What a snapshot is made from, as one hash: when it has not changed, there is nothing new to publish."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path

import wherry

#: Rooms whose code and data shape what a build makes.
_ROOMS = ("hub", "reference", "waiting")
#: Parts of the hub that no snapshot is made with.
_APART = frozenset({"published", "fhir", "hes.py"})
_KINDS = (".py", ".csv", ".toml", ".json", ".sql")


def digest(words: Iterable[str], files: Iterable[Path]) -> str:
    """SHA-256, in hex, of the words (in order), the files' names and content, and the code that builds."""
    sha = hashlib.sha256(_code())
    for word in words:
        sha.update(word.encode() + b"\n")
    for path in files:
        if path.is_file():
            sha.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return sha.hexdigest()


@functools.cache
def _code() -> bytes:
    """Hash of the code that builds, as it was when this process first asked."""
    sha = hashlib.sha256()
    package = Path(wherry.__file__).parent
    for room in _ROOMS:
        for path in sorted((package / room).rglob("*")):
            if path.suffix in _KINDS and not _APART & set(path.relative_to(package).parts):
                sha.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return sha.digest()
