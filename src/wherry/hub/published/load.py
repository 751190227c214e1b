"""Takes files of published statistics in: recognises each, reads it, keeps what could not be read, makes it visible at
once.

The same content a second time changes nothing. A file that is refused changes nothing either. Each file is committed
on its own, so a load of many files that is stopped keeps those it had finished.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from wherry.errors import UserError
from wherry.hub.published import rtt, store, summary
from wherry.hub.published.files import KEPT, Content, contents, text
from wherry.hub.published.parsed import Parsed, quarantine_table


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `status` is loaded, unchanged or refused."""

    file_name: str
    status: str
    words: str
    load: store.Load | None = None


def load(
    paths: Sequence[Path], *, root: Path | None = None, on_file: Callable[[str], None] | None = None
) -> list[Outcome]:
    """Take files in, one after the other; a refused one does not stop the rest."""
    folder = store.published_dir(root)
    outcomes: list[Outcome] = []
    for path in paths:
        if on_file is not None:
            on_file(path.name)
        try:
            found = contents(path)
        except UserError as error:
            outcomes.append(Outcome(path.name, "refused", str(error)))
            continue
        for content in found:
            try:
                outcomes.append(_load(folder, content))
            except UserError as error:
                outcomes.append(Outcome(content.name, "refused", str(error)))
    return outcomes


def _load(root: Path, content: Content) -> Outcome:
    before = _loaded(store.index(root), content)
    if before is not None:
        return _unchanged(content, before)
    parsed = read(content)
    if parsed.rows_published == 0:
        first = (
            f" The first: line {parsed.quarantined[0].line}, {parsed.quarantined[0].reason}."
            if parsed.quarantined
            else ""
        )
        raise UserError(f"{content.name}: none of its {parsed.rows_read:,} rows could be read.{first} {KEPT}")
    with store.writing(root) as now:
        before = _loaded(now, content)
        if before is not None:
            return _unchanged(content, before)
        loaded_at = store.moment()
        vintages = []
        for period, table in parsed.tables.items():
            vintage = store.Vintage(
                dataset=parsed.dataset,
                period=period,
                vintage=content.key,
                load_id=content.key,
                file_name=content.name,
                sha256=content.sha256,
                loaded_at=loaded_at,
                published_on=content.dated.isoformat() if content.dated else None,
                revised=content.revised,
                rows=table.num_rows,
                providers=len(set(table["provider"].to_pylist()) - {None}),
                layout=parsed.layout,
            )
            tables: dict[str, pa.Table] = {"rows": table}
            if parsed.dataset == "rtt":
                tables["summary"] = summary.by_provider(table, parsed.layout)
            store.write_folder(root, vintage.folder, tables)
            vintages.append(vintage)
        store.write_folder(
            root, f"loads/{content.key}", {"quarantine": quarantine_table(content.name, parsed.quarantined)}
        )
        done = store.Load(
            load_id=content.key,
            dataset=parsed.dataset,
            file_name=content.name,
            sha256=content.sha256,
            byte_count=len(content.data),
            loaded_at=loaded_at,
            rows_read=parsed.rows_read,
            rows_published=parsed.rows_published,
            rows_quarantined=len(parsed.quarantined),
            periods=sorted(parsed.tables),
            extra_columns=parsed.extra_columns,
            findings=parsed.findings,
        )
        after = store.commit(root, now, vintages, done)
    partial = [v.period for v in vintages if after.is_partial(v)]
    return Outcome(content.name, "loaded", _words(done, partial), done)


def _loaded(now: store.Index, content: Content) -> store.Load | None:
    return next((done for done in now.loads if done.load_id == content.key), None)


def _unchanged(content: Content, before: store.Load) -> Outcome:
    words = f"already loaded on {before.loaded_at[:10]} as {before.file_name}; nothing was changed."
    return Outcome(content.name, "unchanged", words, before)


def _words(done: store.Load, partial: list[str]) -> str:
    words = f"{done.dataset} {', '.join(done.periods)}: {done.rows_read:,} rows read, {done.rows_published:,} published"
    words += f", {done.rows_quarantined:,} quarantined."
    if done.extra_columns:
        words += f" Columns not known, kept: {', '.join(done.extra_columns)}."
    if partial:
        words += f" It has far fewer providers than another vintage of {', '.join(partial)}, which stays the default."
    return words + "".join(f" {finding}" for finding in done.findings)


def read(content: Content) -> Parsed:
    """Recognise a file by its headings and read it. Raises `UserError` if it is none of the publications known."""
    headings = _headings(content)
    if rtt.fits(headings):
        return rtt.read(content, headings)
    shown = ", ".join(repr(words) for words in headings[:6])
    raise UserError(
        f"{content.name} is not a publication that wherry reads: its first line is {shown[:300]}. {KEPT} "
        "Expected the RTT full extract (CSV or zip), a monthly A&E file (CSV) or the cancer waiting times provider "
        "workbook (xlsx)."
    )


def _headings(content: Content) -> list[str]:
    first = content.data.split(b"\n", 1)[0][:200_000]
    body = text(Content(content.file_name, content.member, first, "", None, False, False))[0]
    try:
        return next(iter(csv.reader(io.StringIO(body.rstrip("\r")))), [])
    except csv.Error as error:
        raise UserError(f"{content.name} has no readable heading line ({error}). {KEPT}") from None
