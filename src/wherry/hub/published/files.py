"""Opening a file of published statistics, whatever it comes in: CSV, a zip of CSVs, or a workbook.

Nothing is unpacked to disk. Sizes are checked before and while reading, so that a file which claims to be small and is
not cannot fill the memory. Every refusal says what was found and that nothing was changed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from wherry.errors import UserError

#: Largest content that is read, in bytes: twelve times the largest RTT extract published so far.
MAXIMUM_BYTES = 1 << 30
#: Largest unpacked size of a workbook, in bytes; the cancer workbook unpacks to about 10 MB.
MAXIMUM_WORKBOOK_BYTES = 200 << 20
#: Compression beyond this, once a member passes 16 MB, is refused: real extracts reach about 25.
MAXIMUM_RATIO = 200

KEPT = "Nothing was changed."


@dataclass(frozen=True)
class Content:
    """One table file, in memory. `member` is its name inside a zip; `dated` what the file says of its own date."""

    file_name: str
    member: str
    data: bytes
    sha256: str
    dated: dt.date | None
    revised: bool
    workbook: bool

    @property
    def name(self) -> str:
        """The file's name, with the member's where it came in a zip."""
        return f"{self.file_name}/{self.member}" if self.member else self.file_name

    @property
    def key(self) -> str:
        """Short name of this exact content: first 12 hex digits of its SHA-256."""
        return self.sha256[:12]


def contents(path: Path) -> list[Content]:
    """Everything to be read in a file. Raises `UserError` for what cannot be opened, is cut off, or is too large."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UserError(f"Cannot open {path}: {error.strerror or error}. {KEPT}") from None
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the files in it. {KEPT}")
    if size > MAXIMUM_BYTES:
        raise UserError(f"{path.name} has {size:,} bytes; the most that is read is {MAXIMUM_BYTES:,}. {KEPT}")
    if size == 0:
        raise UserError(f"{path.name} is empty. {KEPT} Fetch it again.")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"Cannot read {path}: {error.strerror or error}. {KEPT}") from None
    if raw[:4] == b"PK\x03\x04" or path.suffix.lower() in {".zip", ".xlsx", ".xlsm"}:
        return _packed(path.name, raw)
    if raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UserError(f"{path.name} is an old Excel workbook (.xls). {KEPT} Save it as .xlsx or CSV and load that.")
    return [_content(path.name, "", raw, None, workbook=False)]


def _packed(name: str, raw: bytes) -> list[Content]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UserError(
            f"{name} is not a whole zip file ({error}): cut off or damaged. {KEPT} Fetch it again."
        ) from None
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if any(info.filename == "xl/workbook.xml" for info in members):
            _check_workbook(name, archive, members)
            return [_content(name, "", raw, None, workbook=True)]
        tables = [info for info in members if info.filename.lower().endswith(".csv")]
        if not tables:
            found = ", ".join(info.filename for info in members[:5]) or "nothing"
            raise UserError(f"{name} holds no CSV file and is no workbook; it holds {found}. {KEPT}")
        return [_member(name, archive, info) for info in tables]


def _check_workbook(name: str, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(info.file_size for info in members)
    if unpacked > MAXIMUM_WORKBOOK_BYTES:
        raise UserError(
            f"{name} would unpack to {unpacked:,} bytes; a workbook may have {MAXIMUM_WORKBOOK_BYTES:,}. {KEPT}"
        )
    for info in members:
        _check_ratio(name, info)
    try:
        damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise UserError(f"{name} cannot be unpacked ({error}). {KEPT} Fetch it again.") from None
    if damaged:
        raise UserError(f"{name} is damaged in {damaged}. {KEPT} Fetch it again.")


def _check_ratio(name: str, info: zipfile.ZipInfo) -> None:
    if info.file_size > MAXIMUM_BYTES:
        raise UserError(
            f"{name}/{info.filename} would unpack to {info.file_size:,} bytes: too large to be read. {KEPT}"
        )
    if info.file_size > 16 << 20 and info.file_size > MAXIMUM_RATIO * max(info.compress_size, 1):
        raise UserError(
            f"{name}/{info.filename} would unpack {info.file_size // max(info.compress_size, 1):,}-fold, "
            f"to {info.file_size:,} bytes: refused as unsafe. {KEPT}"
        )


def _member(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Content:
    _check_ratio(name, info)
    if info.flag_bits & 0x1:
        raise UserError(f"{name} is locked with a password. {KEPT} Load an unlocked copy.")
    try:
        with archive.open(info) as member:
            data = member.read(MAXIMUM_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise UserError(f"{name} is damaged in {info.filename} ({error}). {KEPT} Fetch it again.") from None
    if len(data) > MAXIMUM_BYTES:
        raise UserError(f"{name}/{info.filename} unpacks to more than {MAXIMUM_BYTES:,} bytes. {KEPT}")
    try:
        made = dt.date(*info.date_time[:3])
    except ValueError:
        made = None
    return _content(name, info.filename, data, made if made and made.year > 2000 else None, workbook=False)


def _content(name: str, member: str, data: bytes, made: dt.date | None, *, workbook: bool) -> Content:
    label = f"{name} {member}"
    return Content(
        file_name=name,
        member=member,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        dated=revision_date(label) or made,
        revised=bool(re.search(r"revis|(?<![a-z])final(?![a-z])", label, re.IGNORECASE)),
        workbook=workbook,
    )


def revision_date(name: str) -> dt.date | None:
    """The day of a revision, from a file's name, where the name gives it as day, month, year.

    >>> revision_date("April-2021-revised-120522-ABC456.csv")
    datetime.date(2022, 5, 12)
    >>> revision_date("Monthly-AE-April-2024-revised.csv") is None
    True
    """
    found = re.search(r"revis\w*[\s_.\-]*(\d{2})[.\-]?(\d{2})[.\-]?(\d{4}|\d{2})(?!\d)", name, re.IGNORECASE)
    if not found:
        return None
    day, month, year = int(found.group(1)), int(found.group(2)), int(found.group(3))
    try:
        return dt.date(year if year > 99 else 2000 + year, month, day)
    except ValueError:
        return None


def text(content: Content) -> tuple[str, list[str]]:
    """The text of a CSV, with findings about its encoding. UTF-8 is expected; Windows-1252 is read and said so."""
    data = content.data
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in data[:4096]:
        raise UserError(
            f"{content.name} is not UTF-8 text: it looks like UTF-16 or a binary file. {KEPT} Save it as CSV UTF-8."
        )
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        try:
            return data.decode("cp1252"), [f"Not UTF-8 at line {line}: read as Windows-1252."]
        except UnicodeDecodeError:
            raise UserError(
                f"{content.name} is neither UTF-8 nor Windows-1252 text (line {line}). {KEPT} Save it as CSV UTF-8."
            ) from None


def refuse_cut(content: Content, data: bytes, columns: int) -> None:
    """Refuse a CSV whose last line has no end and too few of its `columns`: it was cut off, and its sums would be
    wrong."""
    if data.endswith((b"\n", b"\r")):
        return
    last = data.rsplit(b"\n", 1)[-1]
    if last.count(b'"') % 2 or (b'"' not in last and last.count(b",") + 1 < columns):
        line = data.count(b"\n") + 1
        raise UserError(
            f"{content.name} stops in the middle of line {line:,}: only part of it arrived. {KEPT} Fetch it again."
        )
