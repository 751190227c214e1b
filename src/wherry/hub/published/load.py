"""Takes files of published statistics in: recognises each, reads it, keeps what could not be read, makes it visible at
once.

The same content a second time changes nothing. A file that is refused changes nothing either. Each file is committed
on its own, so a load of many files that is stopped keeps those it had finished.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from wherry.errors import UserError
from wherry.hub.published import ae, cancer, rtt, store, summary
from wherry.hub.published.files import KEPT, Content, contents, text
from wherry.hub.published.parsed import Parsed, quarantine_table

#: The headings are sought in this many bytes at the beginning of a file.
HEAD_BYTES = 1 << 20


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
        if parsed.quarantined:
            quarantine = quarantine_table(content.name, parsed.quarantined)
            store.write_folder(root, f"loads/{content.key}", {"quarantine": quarantine})
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
    if content.workbook:
        return cancer.read(content)
    first = _first_rows(content)
    for line, row in first:
        if rtt.fits(row):
            return rtt.read(content, row, line)
        if ae.fits(row):
            return ae.read(content, row, line)
    shown = ", ".join(repr(words) for words in (first[0][1][:6] if first else []))
    raise UserError(
        f"{content.name} is not a publication that wherry reads: its first line is {shown[:300]}. {KEPT} "
        "Expected the RTT full extract (CSV or zip), a monthly A&E file (CSV) or the cancer waiting times provider "
        "workbook (xlsx)."
    )


def _first_rows(content: Content) -> list[tuple[int, list[str]]]:
    """The first rows, among which the headings are sought: titles may stand above them."""
    head = content.data[:HEAD_BYTES]
    if len(content.data) > HEAD_BYTES:
        head = head[: head.rfind(b"\n") + 1] or head
    body = text(dataclasses.replace(content, data=head))[0]
    return list(itertools.islice(ae.lines(body), 20))
