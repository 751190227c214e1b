"""What a snapshot is made from, as one hash: when it has not changed, there is nothing new to publish."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import wherry

#: Rooms whose code and data shape what a build makes.
_ROOMS = ("hub", "reference", "waiting")
_KINDS = (".py", ".csv", ".toml", ".json", ".sql")


def digest(words: Iterable[str], files: Iterable[Path]) -> str:
    """SHA-256, in hex, of the words (in order), the files' names and content, and the code that builds."""
    sha = hashlib.sha256()
    for word in words:
        sha.update(word.encode() + b"\n")
    package = Path(wherry.__file__).parent
    code = [path for room in _ROOMS for path in sorted((package / room).rglob("*")) if path.suffix in _KINDS]
    for path in [*files, *code]:
        if path.is_file():
            sha.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return sha.hexdigest()
