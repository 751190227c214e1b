"""`wherry published`: load NHS England's published statistics, list what is loaded, show a position."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.hub.published import Published


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `published load`, `published show` and `published list`."""
    top = subparsers.add_parser("published", help="published statistics: RTT, A&E, cancer waits", description=__doc__)
    leaves = top.add_subparsers(dest="published_command", required=True, metavar="COMMAND")

    load = leaves.add_parser("load", help="take in files as NHS England publishes them (zip, CSV, xlsx)")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument("--published", type=Path, default=None, metavar="DIR", help="folder of published statistics")
    load.add_argument("--quiet", action="store_true", help="no progress")
    load.set_defaults(run=_load)

    show = leaves.add_parser("show", help="show one position")
    show.add_argument("dataset", choices=("rtt", "ae", "cancer"))
    show.add_argument(
        "--provider", action="append", default=[], metavar="CODE", help="again for a group; none for England"
    )
    show.add_argument("--period", metavar="YYYY-MM", help="default: the newest")
    show.add_argument("--treatment-function", default="C_999", metavar="CODE", help="RTT only; C_999 is the total")
    show.add_argument("--part", default="Part_2", help="RTT only: Part_1A, Part_1B, Part_2, Part_2A or Part_3")
    show.add_argument("--standard", default=None, help="cancer only: fds, 31 or 62")
    show.add_argument("--vintage", default=None, help="number, id, first or newest (default)")
    show.add_argument("--vintages", action="store_true", help="list the vintages of the period instead")
    show.add_argument("--format", choices=("table", "json", "csv"), default="table")
    show.add_argument("--published", type=Path, default=None, metavar="DIR", help="folder of published statistics")
    show.set_defaults(run=_show)

    listing = leaves.add_parser("list", help="what is loaded: rows read, published, quarantined")
    listing.add_argument("--format", choices=("table", "json", "csv"), default="table")
    listing.add_argument("--providers", choices=("rtt", "ae", "cancer"), help="list the providers of a dataset instead")
    listing.add_argument("--period", metavar="YYYY-MM", help="with --providers")
    listing.add_argument("--quarantine", metavar="LOAD", help="list the quarantined rows of a load instead")
    listing.add_argument("--published", type=Path, default=None, metavar="DIR", help="folder of published statistics")
    listing.set_defaults(run=_list)


def _load(args: argparse.Namespace) -> int:
    from wherry.hub import published
    from wherry.progress import steps

    with steps("Loading published statistics", len(args.files), quiet=args.quiet) as progress:
        outcomes = published.load(args.files, root=args.published, on_file=progress.step)
    for outcome in outcomes:
        print(
            f"{outcome.status}: {outcome.file_name}: {outcome.words}",
            file=sys.stderr if outcome.status == "refused" else sys.stdout,
        )
    done = [o.load for o in outcomes if o.status == "loaded" and o.load]
    refused = sum(o.status == "refused" for o in outcomes)
    print(
        f"{len(done)} loaded, {sum(o.status == 'unchanged' for o in outcomes)} unchanged, {refused} refused; "
        f"{sum(d.rows_read for d in done):,} rows read = {sum(d.rows_published for d in done):,} published "
        f"+ {sum(d.rows_quarantined for d in done):,} quarantined"
    )
    return 1 if refused else 0


def _show(args: argparse.Namespace) -> int:
    from wherry.hub import published

    with published.open(args.published) as found:
        if args.vintages:
            period = found.source(args.dataset, args.period).period
            rows = [{**s.as_json(), "file": s.file_name} for s in found.vintages(args.dataset, period)]
            return _print(args.format, rows, {"dataset": args.dataset, "period": period, "vintages": rows})
        return _SHOW[args.dataset](args, found)


def _show_rtt(args: argparse.Namespace, found: Published) -> int:
    from wherry.hub.published.rtt import part

    name = part(args.part)
    if name is None:
        raise UserError(f"No part {args.part!r}. There are Part_1A, Part_1B, Part_2, Part_2A and Part_3.")
    if args.provider:
        position = found.rtt_position(args.period, args.provider, args.treatment_function, args.vintage)
    else:
        position = found.rtt_england(args.period, args.treatment_function, args.vintage)
    _refuse_missing("rtt", position.source.period, position.missing)
    document = position.as_json(name)
    bands = [
        {"weeks": b.words, "count": n}
        for b, n in zip(position.parts[name].bands, position.parts[name].counts, strict=False)
    ]
    if args.format == "csv":
        scalar = {k: v for k, v in document.items() if not isinstance(v, list | dict)}
        scalar |= {"vintage": position.source.vintage, "file": position.source.file_name}
        return _print("csv", [scalar | {f"weeks_{b['weeks']}": b["count"] for b in bands}], document)
    if args.format == "table":
        shown = {k: v for k, v in document.items() if not isinstance(v, list | dict)}
        shown |= {"vintage": f"{position.source.number} of {position.source.of}", "file": position.source.file_name}
        rows = [{"": name, "value": value} for name, value in shown.items()]
        rows += [{"": f"{band['weeks']} weeks", "value": band["count"]} for band in bands]
        return _print("table", rows, document)
    return _print("json", [], document)


def _refuse_missing(dataset: str, period: str, missing: Sequence[str]) -> None:
    if missing:
        raise UserError(
            f"Not in {dataset} {period}: {', '.join(missing)}. "
            f"See wherry published list --providers {dataset} --period {period}."
        )


def _show_ae(args: argparse.Namespace, found: Published) -> int:
    position = found.ae(args.period, args.provider, args.vintage)
    _refuse_missing("ae", position.source.period, position.missing)
    document = position.as_json()
    shown = {k: v for k, v in document.items() if not isinstance(v, list | dict)} | dict(position.measures)
    shown |= {"vintage": position.source.vintage, "file": position.source.file_name}
    if args.format == "table":
        return _print("table", [{"": name, "value": value} for name, value in shown.items()], document)
    return _print(args.format, [shown], document)


def _show_cancer(args: argparse.Namespace, found: Published) -> int:
    position = found.cancer(args.period, args.provider, args.standard, args.vintage)
    _refuse_missing("cancer", position.source.period, position.missing)
    document = position.as_json()
    rows = []
    for group in position.groups:
        row = {name: value for name, value in group.as_json().items() if name != "bands"}
        rows.append({"period": position.source.period, "provider": document["provider"], **row})
    return _print(args.format, rows, document)


def _list(args: argparse.Namespace) -> int:
    from wherry.hub import published

    with published.open(args.published) as found:
        if args.providers:
            period = found.source(args.providers, args.period).period
            rows = [vars(p) for p in found.providers(args.providers, period)]
            return _print(args.format, rows, {"dataset": args.providers, "period": period, "providers": rows})
        if args.quarantine:
            rows = found.quarantine(args.quarantine).to_pylist()
            return _print(args.format, rows, {"load": args.quarantine, "rows": rows})
        rows = [
            {
                "dataset": load.dataset,
                "periods": ", ".join(load.periods),
                "load": load.load_id,
                "file": load.file_name,
                "loaded_at": load.loaded_at,
                "rows_read": load.rows_read,
                "rows_published": load.rows_published,
                "rows_quarantined": load.rows_quarantined,
                "extra_columns": ", ".join(load.extra_columns),
                "findings": " ".join(load.findings),
            }
            for load in found.loads()
        ]
        if not rows and args.format == "table":
            print("Nothing is loaded. Load some: wherry published load FILE...")
            return 0
        return _print(args.format, rows, {"loads": rows})


def _print(form: str, rows: Sequence[Mapping[str, object]], document: object) -> int:
    if form == "json":
        json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
        print()
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if rows:
            writer.writerow(rows[0].keys())
        writer.writerows([[_safe(value) for value in row.values()] for row in rows])
    elif rows:
        heads = list(rows[0])
        cells = [[_words(row[head]) for head in heads] for row in rows]
        widths = [min(60, max(len(head), *(len(line[i]) for line in cells))) for i, head in enumerate(heads)]
        for line in [heads, *cells]:
            print("  ".join(words.ljust(width) for words, width in zip(line, widths, strict=True)).rstrip())
    return 0


def _safe(value: object) -> object:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def _words(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


_SHOW: dict[str, Callable[[argparse.Namespace, Published], int]] = {
    "rtt": _show_rtt,
    "ae": _show_ae,
    "cancer": _show_cancer,
}
