"""`wherry hub`: build a snapshot from extracts, see how it stands, look at what was refused, take a table out."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.hub.derivation import Derivation


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `hub` and its commands."""
    hub = subparsers.add_parser("hub", help="organisations' extracts in, one published snapshot out")
    commands = hub.add_subparsers(dest="hub_command", required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="take in a folder of extracts and publish a snapshot")
    build.add_argument("--extracts", type=Path, required=True, help="folder that the organisations' files are in")
    build.add_argument("--system", default="norfolk-waveney", help="system whose templates describe the files")
    build.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb")
    build.add_argument("--census", type=_day, help="date on which states hold (default: the newest event extract)")
    build.add_argument("--quiet", action="store_true", help="no progress, only the summary")
    build.set_defaults(run=_build)
    status = commands.add_parser("status", help="the current snapshot, its tables and how fresh each feed is")
    status.set_defaults(run=_status)
    quarantine = commands.add_parser("quarantine", help="rows that could not be published, and why")
    quarantine.add_argument("--source", help="of one organisation")
    quarantine.add_argument("--reason", help="with one reason code")
    quarantine.add_argument("--limit", type=int, default=20, help="rows shown (default 20)")
    quarantine.set_defaults(run=_quarantine)
    export = commands.add_parser("export", help="write one table to a file")
    export.add_argument("table", help="name of a table")
    export.add_argument("--out", type=Path, required=True, help="file to write: .csv or .parquet")
    export.add_argument("--purpose", choices=("care", "secondary"), default="secondary",
                        help="secondary leaves out people who opted out, and who anybody is")  # fmt: skip
    export.set_defaults(run=_export)
    from wherry.cli import hub_activity

    loads = hub_activity.register(commands)
    for command in (build, status, quarantine, export, *loads):
        command.add_argument("--hub", type=Path, help="the hub's folder (default: hub in the working folder)")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date written YYYY-MM-DD") from None


def _build(args: argparse.Namespace) -> int:
    import wherry.hub
    from wherry.hub.build import build

    result = build(
        args.extracts,
        hub=args.hub,
        system=args.system,
        engine=args.engine,
        census=args.census,
        derivations=_derivations(),
        quiet=args.quiet,
    )
    for refusal in result.refused:
        print(f"Refused {refusal.file_name}: {refusal.reason}")
    for note in result.notes:
        print(f"Note: {note}")
    if not result.published:
        print(f"Nothing has changed: the snapshot is still {result.snapshot_id} (census {result.census}).")
        return 0
    # Made now, so that the first analyst of the day does not wait for it.
    wherry.hub.open(args.hub, purpose="secondary")
    rows = result.rows
    print(
        f"Published {result.snapshot_id} (census {result.census}): {rows['person']:,} people, "
        f"{rows['pathway']:,} pathways, {rows['pathway_event']:,} events, {rows['waiting_list']:,} on the waiting list."
    )
    print(
        f"Took in {len(result.landed)} files ({len(result.known)} were known, {len(result.refused)} refused). "
        f"In quarantine: {rows['quarantined_row']:,} rows; values left blank: {rows['blanked_value']:,}."
    )
    return 0


def _derivations() -> tuple[Derivation, ...]:
    from wherry.waiting import derivations

    return derivations.ALL


def _status(args: argparse.Namespace) -> int:
    import wherry.hub

    snapshot = wherry.hub.open(args.hub)
    manifest = snapshot.manifest
    print(f"Snapshot {snapshot.id}, census {snapshot.census}, built {manifest['built_at']} by {manifest['engine']}.")
    if snapshot.artificial:
        print("Every person in it is artificial.")
    for name, rows in manifest["rows"].items():
        print(f"  {name:<18}{rows:>12,}")
    print("Feeds:")
    for row in snapshot.freshness():
        said = f"{row['extract_on']}, {row['days_old']} days old" if row["extract_on"] else "never came"
        late = f"  LATE (allowed {row['stale_after_days']} days)" if row["late"] else ""
        print(f"  {row['source']:<5}{row['feed']:<14}{row['rows_published']:>12,} rows  {said}{late}")
    for row in snapshot.arrow("refused_file").to_pylist():
        print(f"Refused {row['file_name']}: {row['reason']}")
    return 0


def _quarantine(args: argparse.Namespace) -> int:
    import wherry.hub

    rows = wherry.hub.open(args.hub).table("quarantined_row")
    if args.source:
        rows = rows.filter(rows["source"] == args.source)
    if args.reason:
        rows = rows.filter(rows["reason_code"] == args.reason)
    counts = rows.group_by("source", "feed", "reason_code").aggregate(rows=rows.count())
    for row in counts.order_by(["source", "feed", "reason_code"]).to_pyarrow().to_pylist():
        print(f"{row['source']:<5}{row['feed']:<14}{row['reason_code']:<20}{row['rows']:>10,}")
    for row in rows.order_by(["file_name", "source_row"]).limit(args.limit).to_pyarrow().to_pylist():
        print(f"{row['file_name']} line {row['source_row']}: {row['reason']}\n    {row['raw'][:160]}")
    return 0


def _export(args: argparse.Namespace) -> int:
    import wherry.hub

    snapshot = wherry.hub.open(args.hub, args.purpose)
    try:
        source = snapshot.path(args.table)
    except KeyError as error:
        raise UserError(f"{str(error.args[0]).capitalize()}.") from None
    if args.out.suffix not in (".csv", ".parquet"):
        raise UserError(f"{args.out} should end in .csv or .parquet. Nothing was written.")
    from wherry.hub.export import export

    rows = export(source, args.out)
    print(f"Wrote {rows:,} rows of {args.table} (snapshot {snapshot.id}, for {args.purpose}) to {args.out}.")
    return 0
