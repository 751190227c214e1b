"""Source templates: one TOML file says how one organisation writes one feed.

A template names the file's columns for each column of a feed, its local codes, how it writes dates and yes or no, its
delimiter and encoding, and how its file name gives the date of the extract. Nothing about a source is known anywhere
else: a new trust is a new folder of templates.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from wherry.errors import UserError
from wherry.hub.schema import FEEDS
from wherry.hub.values import DOMAINS

#: How dates can be written in an extract: the name used in a template, and a pattern with year, month and day groups.
DATE_FORMATS = ("YYYY-MM-DD", "DD/MM/YYYY", "DD-MON-YYYY", "YYYYMMDD")
#: Encodings that keep commas, bars, quotes and line ends as single ASCII bytes, which landing relies on.
ENCODINGS = ("utf-8", "windows-1252", "iso-8859-1", "ascii")
DELIMITERS = (",", "|", "\t", ";", "^", "~")

_TOP = {"title", "source", "feed", "version", "stale_after_days", "file", "values", "columns", "codes"}
_FILE = {"name", "name_date", "delimiter", "encoding"}
_VALUES = {"date", "true", "false"}


@dataclass(frozen=True)
class Template:
    """One source's layout of one feed. `columns` maps feed column to the file's header."""

    path: Path
    title: str
    source: str
    feed: str
    version: int
    stale_after_days: int
    name: re.Pattern[str]
    name_date: str
    delimiter: str
    encoding: str
    date_format: str
    true: str
    false: str
    columns: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]
    digest: str

    @property
    def label(self) -> str:
        """Name and version, as the `load` table shows them."""
        return f"{self.path.stem} v{self.version}"

    @property
    def headers(self) -> frozenset[str]:
        """The set of headers that a file of this template has."""
        return frozenset(self.columns.values())

    def extract_date(self, file_name: str) -> date | None:
        """The date that a file's name gives, or None if the name is not one of this template's.

        >>> from wherry.paths import system_dir
        >>> folder = system_dir("norfolk-waveney") / "templates"
        >>> read_template(folder / "RCX-event.toml").extract_date("QEH.ACT.310126.txt")
        datetime.date(2026, 1, 31)
        """
        match = self.name.fullmatch(file_name)
        if match is None:
            return None
        try:
            return datetime.strptime(match["date"], self.name_date).date()  # noqa: DTZ007  (a date has no zone)
        except ValueError:
            return None


def read_templates(folder: Path) -> tuple[Template, ...]:
    """Every template of a system's `templates` folder, by name.

    Raises `UserError` when there is none, when one cannot be read, or when two claim the same source and feed.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise UserError(f"No source templates in {folder}. Each feed of each source needs one TOML file there.")
    templates = tuple(read_template(path) for path in paths)
    seen: dict[tuple[str, str], Template] = {}
    for template in templates:
        other = seen.setdefault((template.source, template.feed), template)
        if other is not template:
            raise UserError(
                f"{other.path.name} and {template.path.name} in {folder} both describe the {template.feed} feed of "
                f"{template.source}. Keep one of them."
            )
    return templates


def read_template(path: Path) -> Template:
    """Read and validate one template; `UserError` names the file, the key and what it should be."""
    try:
        raw = path.read_bytes()
        data = tomllib.loads(raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"The source template {path} cannot be read: {error}. Mend the file and build again.") from None
    try:
        return _template(path, data, hashlib.sha256(raw).hexdigest())
    except _Wrong as wrong:
        raise UserError(f"The source template {path} is wrong: {wrong} Mend the file and build again.") from None


class _Wrong(Exception):
    """A fault inside one template, in words."""


def _template(path: Path, data: dict[str, Any], digest: str) -> Template:
    _known("", data, _TOP)
    file, values, columns = (_table(data, key) for key in ("file", "values", "columns"))
    _known("[file] ", file, _FILE)
    _known("[values] ", values, _VALUES)
    feed = _one_of("feed", _text(data, "feed"), FEEDS)
    shape = FEEDS[feed]
    names = [column.name for column in shape.columns]
    _known("[columns] ", columns, names)
    for column in shape.columns:
        if column.required and column.name not in columns:
            raise _Wrong(f"[columns] lacks {column.name!r} ({column.words}), which the {feed} feed cannot do without.")
    headers = [_text(columns, name) for name in columns]
    if twice := {header for header in headers if headers.count(header) > 1}:
        raise _Wrong(f"[columns] uses the header {min(twice)!r} twice.")
    codes = data.get("codes", {})
    _known("[codes] ", codes, columns)
    for name, mapping in codes.items():
        if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
            raise _Wrong(f"[codes.{name}] must be a table of text to text.")
        if domain := DOMAINS[feed].get(name):
            for value in mapping.values():
                _one_of(f"codes.{name}", value, domain)
    return Template(
        path=path,
        title=_text(data, "title"),
        source=_text(data, "source"),
        feed=feed,
        version=_number(data, "version"),
        stale_after_days=_number(data, "stale_after_days"),
        name=_pattern(_text(file, "name")),
        name_date=_text(file, "name_date"),
        delimiter=_one_of("delimiter", _text(file, "delimiter"), DELIMITERS),
        encoding=_one_of("encoding", _text(file, "encoding"), ENCODINGS),
        date_format=_one_of("date", _text(values, "date"), DATE_FORMATS),
        true=_text(values, "true"),
        false=_text(values, "false"),
        columns=dict(zip(columns, headers, strict=True)),
        codes=codes,
        digest=digest,
    )


def _known(where: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    names = list(known)
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(names))}."
            raise _Wrong(f"{where}unknown key {key!r}; {hint}")


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    if not isinstance(value, dict):
        raise _Wrong(f"the table [{key}] is missing.")
    return value


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise _Wrong(f"{key!r} must be text.")
    return value


def _number(data: Mapping[str, Any], key: str) -> int:
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _Wrong(f"{key!r} must be a whole number from 1.")
    return value


def _one_of(key: str, value: str, known: Iterable[str]) -> str:
    names = list(known)
    if value not in names:
        near = difflib.get_close_matches(value, names, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise _Wrong(f"{key!r} is {value!r}; it must be one of {', '.join(map(repr, names))}.{hint}")
    return value


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise _Wrong(f"'name' is not a regular expression: {error}.") from None
    if "date" not in pattern.groupindex:
        raise _Wrong("'name' needs a group (?P<date>...) that gives the date of the extract.")
    return pattern


# --- matching a file to its template --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """What a file was found to be: a template and an extract date, or the reason it fits none."""

    template: Template | None
    header: tuple[str, ...]
    extract_on: date | None
    reason: str = ""


def match(file_name: str, first_line: bytes, templates: Sequence[Template]) -> Match:
    """Find the template that a file fits, by its header line; its name then gives the date of the extract.

    `first_line` is the file's first physical line, without its line end. The reason of a refusal says what header was
    found, which template is nearest, and which columns are missing or extra.
    """
    line = first_line.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in line or line[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _refuse(
            "its first line holds zero bytes, as a UTF-16 or binary file does. Send it as the template says."
        )
    if not line.strip():
        return _refuse("its first line is blank, so it has no header. Send it with its header as the first line.")
    fits: list[tuple[Template, tuple[str, ...]]] = []
    for template in templates:
        header = split_header(line, template)
        if len(header) == len(template.headers) and frozenset(header) == template.headers:
            fits.append((template, header))
    if not fits:
        return _nearest(line, templates)
    for template, header in fits:
        extract_on = template.extract_date(file_name)
        if extract_on is not None:
            return Match(template, header, extract_on)
    template, header = fits[0]
    return _refuse(
        f"its header fits {template.label} ({template.title}) but its name gives no date of extract: expected a name "
        f"like {template.name.pattern}, with the date as {template.name_date}. Give the file its proper name."
    )


def split_header(line: bytes, template: Template) -> tuple[str, ...]:
    """The column names in a header line, read with a template's delimiter and encoding."""
    import csv

    text = line.removeprefix(b"\xef\xbb\xbf").decode(template.encoding, errors="replace")
    try:
        row = next(csv.reader([text.rstrip("\r\n")], delimiter=template.delimiter), [])
    except csv.Error:
        return ()
    return tuple(name.strip() for name in row)


def _nearest(line: bytes, templates: Sequence[Template]) -> Match:
    best: tuple[float, int, Template, tuple[str, ...]] | None = None
    for number, template in enumerate(templates):
        header = split_header(line, template)
        overlap = len(template.headers & set(header)) / len(template.headers | set(header))
        if best is None or (overlap, -number) > best[:2]:
            best = (overlap, -number, template, header)
    shown = line[:300].decode("utf-8", errors="replace").rstrip("\r\n")
    if best is None or best[0] == 0:
        return _refuse(
            f"its header has no column that any template knows. Found: {shown}. If this is a new layout, write a "
            f"template for it; if not, ask the sender what it is."
        )
    _, _, template, header = best
    found = set(header)
    missing, extra = sorted(template.headers - found), sorted(found - template.headers)
    twice = sorted({name for name in header if header.count(name) > 1})
    parts = [
        f"missing: {', '.join(missing)}" if missing else "",
        f"not expected: {', '.join(extra)[:300]}" if extra else "",
        f"there twice: {', '.join(twice)}" if twice else "",
    ]
    return _refuse(
        f"its header fits no template. Found: {shown}. Nearest is {template.label} ({template.title}); "
        f"{'; '.join(part for part in parts if part)}. Ask {template.source} to send the agreed layout, or write a new "
        f"version of the template."
    )


def _refuse(words: str) -> Match:
    return Match(None, (), None, words[0].upper() + words[1:])
