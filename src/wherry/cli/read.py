"""`wherry read`: FHIR resources and hospital episode statistics into typed Parquet tables."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `read fhir` and `read hes`."""
    top = subparsers.add_parser("read", help="read FHIR or HES files into typed tables", description=__doc__)
    leaves = top.add_subparsers(dest="read_command", required=True, metavar="COMMAND")

    fhir = leaves.add_parser("fhir", help="FHIR R4: bundles, resources, NDJSON, also in gzip, tar or zip")
    fhir.add_argument("files", nargs="+", type=Path, metavar="FILE", help="file, or folder of files")
    fhir.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the tables")
    fhir.add_argument("--source", default="fhir", metavar="CODE", help="organisation that sent them (default fhir)")
    fhir.add_argument("--validate", type=int, default=100, metavar="N", help="validate a sample of N (default 100)")
    fhir.add_argument("--quiet", action="store_true", help="no progress")
    fhir.set_defaults(run=_fhir)

    hes = leaves.add_parser("hes", help="hospital episode statistics: admitted care, outpatients, A&E")
    hes.add_argument("files", nargs="+", type=Path, metavar="FILE")
    hes.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the tables")
    hes.add_argument(
        "--metadata", action="append", default=[], type=Path, metavar="FILE", help="types of fields (JSON)"
    )
    hes.add_argument("--quiet", action="store_true", help="no progress")
    hes.set_defaults(run=_hes)


def _fhir(args: argparse.Namespace) -> int:
    from wherry.hub import fhir
    from wherry.progress import steps

    total = sum(len([p for p in f.rglob("*") if p.is_file()]) if f.is_dir() else 1 for f in args.files)
    with steps("Reading FHIR", total, quiet=args.quiet) as progress:
        found = fhir.read(args.files, source=args.source, sample=max(args.validate, 0), on_file=progress.step)
    fhir.write(found, args.out)
    for kind, count in found.by_type.items():
        print(f"{count:>12,}  {kind}")
    for one in found.refused[:10]:
        print(f"quarantined: {one.file_name}, row {one.source_row:,}: {one.reason}", file=sys.stderr)
    if len(found.refused) > 10:
        print(f"and {len(found.refused) - 10:,} more, in {args.out / 'quarantined_row.parquet'}", file=sys.stderr)
    if found.validation is not None:
        print(found.validation.words)
    _add_up(found.rows_read, found.rows_published, found.rows_quarantined, args.out)
    return 0 if found.rows_published or not found.rows_read else 1


def _hes(args: argparse.Namespace) -> int:
    from wherry.hub import hes
    from wherry.hub.fhir.writer import write_tables
    from wherry.progress import steps

    with steps("Reading HES", len(args.files), quiet=args.quiet) as progress:
        found = hes.read(args.files, metadata=args.metadata, on_file=progress.step)
    totals = {name: found.total(name) for name in ("rows_read", "rows_published", "rows_quarantined")}
    manifest = {"format": "HES", "files": found.files, **totals, "findings": found.findings, "refused": found.refused}
    write_tables(args.out, {**found.tables, "quarantined_row": found.quarantine}, manifest)
    for words in found.findings:
        print(words)
    for one in found.quarantine.slice(0, 10).to_pylist():
        print(f"quarantined: {one['file_name']}, line {one['line']:,}: {one['reason']}", file=sys.stderr)
    for name, table in sorted(found.tables.items()):
        print(f"{table.num_rows:>12,}  {name}")
    _add_up(totals["rows_read"], totals["rows_published"], totals["rows_quarantined"], args.out)
    for words in found.refused:
        print(f"refused: {words}", file=sys.stderr)
    return 1 if found.refused else 0


def _add_up(read: int, published: int, quarantined: int, out: Path) -> None:
    print(f"{read:,} rows read = {published:,} published + {quarantined:,} quarantined; written to {out}")
