"""`wherry report`: make the integrated performance report as files, and list the editions that were kept."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.performance.report import Report

FORMATS = ("pdf", "xlsx", "json")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `report` and its acts."""
    report = subparsers.add_parser("report", help="the integrated performance report: make it, list what was sent")
    acts = report.add_subparsers(dest="act", required=True, metavar="ACT")

    make = acts.add_parser("make", help="make the report of a scope for a month, as files")
    make.add_argument(
        "--scope", default="group", help="group, an organisation's code, a place's code, or all that have figures"
    )
    make.add_argument("--month", required=True, help="such as 2026-01")
    make.add_argument("--out", required=True, type=Path, help="folder for the files; made if it is not there")
    make.add_argument("--format", default="pdf,xlsx,json", help="one or more of pdf,xlsx,json")
    make.set_defaults(run=_make)

    listing = acts.add_parser("list", help="drafts and editions that were sent")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.set_defaults(run=_list)


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wherry.web.config.settings")
    import django
    from django.apps import apps
    from django.core.management import call_command

    if not apps.ready:
        django.setup()
    from django.db import connection

    if "wherry_reports_edition" not in connection.introspection.table_names():
        call_command("migrate", verbosity=0)


def _make(args: argparse.Namespace) -> int:
    from wherry.performance.report import assemble, words

    formats = [one.strip() for one in args.format.split(",") if one.strip()]
    if not formats or any(one not in FORMATS for one in formats):
        raise UserError(f"--format {args.format}: choose from {', '.join(FORMATS)}. Nothing was made.")
    try:
        month = words.of_month(args.month)
    except ValueError:
        raise UserError(f"--month {args.month} is no month: write it as 2026-01. Nothing was made.") from None
    _django()
    from wherry.web.reports import files, selectors

    selectors.refuse_unfinished(month)
    given = selectors.given()
    scopes = [one.code for one in given.figures.scopes] if args.scope == "all" else [args.scope]
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        for scope in dict.fromkeys(scopes):
            began = time.perf_counter()
            report = _with_said(assemble(given, scope, month, previous=selectors.sent_before(scope, month)), month)
            if args.scope == "all" and not any(row.has_data for row in report.rows):
                print(f"{report.scope_name}: no figures, so no report.", file=sys.stderr)
                continue
            for kind in formats:
                content = files.render(report, kind)
                path = args.out / f"performance-report-{scope}-{args.month}.{kind}"
                _keep(path, content)
                print(path)
            print(_line(report, time.perf_counter() - began), file=sys.stderr)
    except OSError as error:
        raise UserError(
            f"The report could not be written to {args.out} ({error}). Files named above are whole, and an older "
            "file is as it was. Make room or choose another folder."
        ) from None
    return 0


def _keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: an older one stays until the new one is complete."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _with_said(report: Report, month: date) -> Report:
    """The report with what is written in the newest edition of its scope and month, if there is one.

    A signature stays only where the figures are still those that were signed.
    """
    from wherry.performance.report import with_narratives
    from wherry.web.reports import selectors
    from wherry.web.reports.models import Edition

    edition = Edition.objects.filter(scope=report.scope, month=month).first()
    if edition is None:
        return report
    kept = selectors.report_of(edition)
    said = {"": kept.summary} | {one.code: one.narrative for one in (*kept.exceptions, *kept.remarks)}
    for code, narrative in said.items():
        if selectors.figures_of(kept, code) != selectors.figures_of(report, code):
            said[code] = replace(narrative, signed_by="", signed_at="")
    return with_narratives(report, said)


def _line(report: Report, seconds: float) -> str:
    held = sum(row.has_data for row in report.rows)
    return (
        f"{report.scope_name}, {report.month_words}: {held} of {len(report.rows)} measures have data, "
        f"{len(report.exceptions)} exceptions ({len(report.unexplained)} unexplained), {seconds:.1f} s"
    )


def _list(args: argparse.Namespace) -> int:
    _django()
    from wherry.web.reports.models import Edition

    rows = [
        {
            "scope": one.scope,
            "name": one.scope_name,
            "month": one.month_text,
            "version": one.version,
            "state": one.state,
            "made_by": one.made_by_name,
            "sent_by": one.sent_by_name,
            "sent_at": one.sent_at.isoformat() if one.sent_at else None,
            "reason": one.reason,
            "values": one.values_id,
            "files": {file.kind: file.sha256 for file in one.files.defer("content")},
        }
        for one in Edition.objects.defer("report")
    ]
    if args.format == "json":
        print(json.dumps(rows, indent=1))
        return 0
    if not rows:
        print("No report has been begun. The board secretary makes a draft under Performance, Reports.")
    for row in rows:
        stands = f"sent {str(row['sent_at'])[:10]} by {row['sent_by']}" if row["sent_at"] else "draft"
        print(f"{row['month']}  {row['scope']:<10} version {row['version']}  {stands}  {row['name']}")
    return 0
