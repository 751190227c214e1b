"""The documents inside the files that FHIR comes in: bundles, NDJSON, and either of them in gzip, tar or zip.

Nothing is unpacked to disk. NDJSON is read line by line, so its size does not matter; a line or a document beyond the
limit is reported and passed over.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from wherry.errors import UserError

#: Largest document or line that is read, in bytes.
MAXIMUM_BYTES = 256 << 20
#: A file up to this size is read once and held, in bytes.
AT_ONCE = 16 << 20
_SUFFIXES = (".json", ".ndjson", ".jsonl")
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, RuntimeError, NotImplementedError)


@dataclass(frozen=True)
class Document:
    """Bytes that should be one JSON document. `line` is its line in NDJSON, or 0; `problem` says why it has no
    bytes."""

    name: str
    line: int
    data: bytes
    problem: str = ""


def opened(path: Path) -> tuple[IO[bytes], str]:
    """A file to read and the SHA-256 of all of it. Raises `UserError` if it cannot be opened."""
    try:
        if path.stat().st_size <= AT_ONCE:
            data = path.read_bytes()
            return io.BytesIO(data), hashlib.sha256(data).hexdigest()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return path.open("rb"), digest
    except OSError as error:
        raise UserError(f"Cannot open {path}: {error.strerror or error}. Nothing was changed.") from None


def documents(name: str, file: IO[bytes]) -> Iterator[Document]:
    """Every document in an open file; damage inside it is a document with a `problem`."""
    try:
        start = file.read(512)
        file.seek(0)
        yield from _stream(name, name, file, start, 0)
    except _BROKEN as error:
        yield Document(name, 0, b"", f"cannot be read to its end: {error or type(error).__name__}")


def _stream(shown: str, name: str, file: IO[bytes], start: bytes, depth: int) -> Iterator[Document]:
    """Documents of a stream that begins with `start`; `shown` is its name for people, `name` tells what is in it."""
    if depth > 3:
        yield Document(shown, 0, b"", "is packed more than three times")
    elif start[:2] == b"\x1f\x8b":
        inner = gzip.GzipFile(fileobj=file)
        head = inner.peek(512)[:512]
        yield from _stream(shown, name.removesuffix(".gz"), cast(IO[bytes], inner), head, depth + 1)
    elif start[:4] == b"PK\x03\x04":
        yield from _zip(shown, file, depth)
    elif start[257:262] == b"ustar" or name.endswith((".tar", ".tgz")):
        yield from _tar(shown, file, depth)
    else:
        yield from _plain(shown, name, file)


def _tar(shown: str, file: IO[bytes], depth: int) -> Iterator[Document]:
    with tarfile.open(fileobj=file, mode="r|") as archive:
        for member in archive:
            if member.isfile() and _wanted(member.name):
                inner = archive.extractfile(member)
                if inner is not None:
                    yield from _member(f"{shown}/{member.name.removeprefix('./')}", inner, depth)


def _zip(shown: str, file: IO[bytes], depth: int) -> Iterator[Document]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.is_dir() and _wanted(info.filename):
                try:
                    with archive.open(info) as inner:
                        yield from _member(f"{shown}/{info.filename}", inner, depth)
                except _BROKEN as error:
                    yield Document(f"{shown}/{info.filename}", 0, b"", f"cannot be unpacked: {error}")


def _wanted(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return last.endswith((*_SUFFIXES, ".gz")) and not last.startswith(".")


def _member(name: str, inner: IO[bytes], depth: int) -> Iterator[Document]:
    if name.lower().endswith(".gz"):
        yield from _stream(name, name, inner, b"\x1f\x8b", depth + 1)
    else:
        yield from _plain(name, name, inner)


def _plain(shown: str, name: str, file: IO[bytes]) -> Iterator[Document]:
    if name.lower().endswith((".ndjson", ".jsonl")):
        yield from _lines(shown, file)
        return
    data = file.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        yield Document(shown, 0, b"", f"is larger than {MAXIMUM_BYTES:,} bytes; send it as NDJSON")
        return
    end = data.find(b"\n")
    if (
        end > 0
        and data[max(end - 8, 0) : end].rstrip().endswith(b"}")
        and data[end + 1 : end + 64].lstrip()[:1] == b"{"
    ):
        for number, line in enumerate(data.split(b"\n"), start=1):
            if line.strip():
                yield Document(shown, number, line)
        return
    yield Document(shown, 0, data)


def _lines(name: str, file: IO[bytes]) -> Iterator[Document]:
    number = 0
    while line := file.readline(MAXIMUM_BYTES + 1):
        number += 1
        if len(line) > MAXIMUM_BYTES:
            size = len(line)
            while line and not line.endswith(b"\n"):
                line = file.readline(1 << 24)
                size += len(line)
            yield Document(name, number, b"", f"the line has {size:,} bytes, more than {MAXIMUM_BYTES:,}")
        elif line.strip():
            yield Document(name, number, line)
