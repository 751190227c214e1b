"""`wherry measures`: count the measures, take figures in, and see what there is."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wherry.errors import UserError

if TYPE_CHECKING:
    from wherry.performance.measures.model import Measure
    from wherry.performance.measures.values import Values
    from wherry.reference.system import System


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `measures`."""
    measures = subparsers.add_parser("measures", help="measures: count them, load figures, list and show them")
    acts = measures.add_subparsers(dest="measures_command", required=True, metavar="COMMAND")
    build = acts.add_parser("build", help="count what has changed, for every organisation and split")
    build.add_argument("--again", action="store_true", help="count everything anew")
    build.set_defaults(run=_build)
    load = acts.add_parser("load", help="take in files of figures (CSV or .xlsx), and build")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument("--check", action="store_true", help="only say what the files would do")
    load.add_argument("--quarantine", type=int, metavar="N", default=10, help="show the first N rows refused (10)")
    load.set_defaults(run=_load)
    withdraw = acts.add_parser("withdraw", help="let a load no longer count, or count again")
    withdraw.add_argument("number", type=int, metavar="LOAD")
    withdraw.add_argument("--restore", action="store_true", help="let it count again")
    withdraw.set_defaults(run=_withdraw)
    sent = acts.add_parser("sent", help="all that was ever loaded of one figure, newest first")
    sent.add_argument("code", metavar="CODE")
    sent.add_argument("organisation", metavar="ORGANISATION")
    sent.add_argument("period", metavar="PERIOD", help="a day or month in it, such as 2026-01")
    sent.add_argument("--split", default="all", help="imd_quintile, age_band, sex, ethnicity or place")
    sent.add_argument("--category", default="", help="its category, such as 1")
    sent.set_defaults(run=_sent)
    listed = acts.add_parser("list", help="every measure, with how much is known of it")
    listed.add_argument("--format", choices=("text", "json"), default="text")
    listed.add_argument("--loads", action="store_true", help="the loads of figures instead")
    listed.set_defaults(run=_list)
    show = acts.add_parser("show", help="one measure over time, and what its chart says")
    show.add_argument("code", metavar="CODE")
    show.add_argument("--scope", default="group", help="group (default), an organisation's or a place's code")
    show.add_argument("--split", default="", help="imd_quintile, age_band, sex, ethnicity or place")
    show.add_argument("--format", choices=("text", "json", "csv"), default="text")
    show.set_defaults(run=_show)
    check = acts.add_parser("check", help="say what is wrong with definitions (all of them, or some files)")
    check.add_argument("files", nargs="*", type=Path, metavar="FILE")
    check.set_defaults(run=_check)
    template = acts.add_parser("template", help="an empty CSV to fill for some measures")
    template.add_argument("codes", nargs="+", metavar="CODE")
    template.add_argument("--period", default="", help="period to put into every row, such as 2026-01")
    template.set_defaults(run=_template)
    facts = acts.add_parser("facts", help="the tables that measures are counted from, column by column")
    facts.add_argument("--format", choices=("text", "markdown"), default="text")
    facts.set_defaults(run=_facts)
    for one in (build, load, sent, listed, show, check, template):
        one.add_argument("--system", default="norfolk-waveney", help="system (default norfolk-waveney)")


def _system(args: argparse.Namespace) -> System:
    from wherry.reference import system

    return system.load(args.system)


def _build(args: argparse.Namespace) -> int:
    values = build_values(_system(args), again=args.again, say=print)
    problems: list[str] = values.manifest["problems"]
    print(
        f"Values {values.id}: {values.table.num_rows:,} figures of {len(values.measures())} measures"
        + (f"; {len(problems)} definitions are wrong and left out:" if problems else ".")
    )
    for said in problems:
        print(f"  {said}")
    return 1 if problems else 0


def build_values(system: System, *, again: bool = False, say: Any = lambda words: None) -> Values:
    """Build the values with what people did, where there is a database of it."""
    from wherry.paths import data_dir
    from wherry.performance.measures import build

    more: dict[str, Any] = {}
    more_id = ""
    if (data_dir() / "web.sqlite3").is_file() or any(
        os.environ.get(name) for name in ("WHERRY_DATABASE_URL", "PGDATABASE")
    ):
        from wherry.cli.flow import django_ready

        django_ready()
        from wherry.web.measures import sources

        more, more_id = sources.facts(), sources.state()
    return build.build(system, more=more, more_id=more_id, again=again, say=say)


def _load(args: argparse.Namespace) -> int:
    from wherry.performance.measures import loaded

    system = _system(args)
    if args.check:
        refused = 0
        for path in args.files:
            found = loaded.check(path, system)
            bad = len(found.file.quarantined)
            refused += bad
            print(
                f"{path.name}: {found.file.rows_read:,} rows read: {found.new:,} new figures, "
                f"{found.changed:,} changed, {found.same:,} as before, {bad:,} refused. Nothing was kept."
            )
            _refused([(bad.line, bad.reason) for bad in found.file.quarantined], args.quarantine)
        return 1 if refused else 0
    loads = loaded.load(args.files, system)
    rows = loaded.current().quarantine.to_pylist()
    for one in loads:
        print(
            f"Load {one.number}, {one.file_name}: {one.rows_read:,} rows read = {one.rows_published:,} taken + "
            f"{one.rows_quarantined:,} refused."
        )
        _refused([(row["line"], row["reason"]) for row in rows if row["load"] == one.number], args.quarantine)
    values = build_values(system)
    print(f"Values {values.id}: {values.table.num_rows:,} figures of {len(values.measures())} measures.")
    return 1 if any(one.rows_quarantined for one in loads) else 0


def _refused(rows: list[tuple[int, str]], most: int) -> None:
    for line, reason in rows[:most]:
        print(f"  line {line}: {reason}")
    if len(rows) > most:
        print(f"  and {len(rows) - most:,} more")


def _withdraw(args: argparse.Namespace) -> int:
    from wherry.performance.measures import loaded

    found = loaded.restore(args.number) if args.restore else loaded.withdraw(args.number, by="command line")
    print(f"Load {found.number} ({found.file_name}) {'counts again' if found.counts else 'no longer counts'}.")
    print("Build the values for it to be seen: wherry measures build")
    return 0


def _sent(args: argparse.Namespace) -> int:
    from wherry.performance.measures import definitions, loaded
    from wherry.performance.measures.loaded_cells import BadCell, period_of

    measure = _known(args.code, definitions.load(_system(args)))
    try:
        period = period_of(args.period, measure.grain)
    except BadCell as error:
        raise UserError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    found = loaded.earlier(loaded.current(), measure.code, period, args.organisation.upper(), args.split, args.category)
    for one, row in found:
        said = ", ".join(
            f"{name} {row[name]:,.12g}" for name in ("numerator", "denominator", "value") if row[name] is not None
        )
        state = "" if one.counts else f" (withdrawn on {one.withdrawn_at[:10]})"
        print(f"Load {one.number}, {one.loaded_at[:10]}, {one.file_name} line {row['line']}: {said}{state}")
    if not found:
        print("Nothing was ever loaded of it.")
    return 0


def _list(args: argparse.Namespace) -> int:
    from wherry.performance.measures import definitions, loaded, values

    if args.loads:
        loads = loaded.current().loads
        if not loads:
            print("Nothing has been loaded.")
        for one in loads:
            state = "" if one.counts else f", withdrawn on {one.withdrawn_at[:10]}"
            print(f"{one.number:>4}  {one.loaded_at[:16]}  {one.rows_published:>7,} rows  {one.file_name}{state}")
        return 0
    system = _system(args)
    held = values.open() if values.current_id() is not None else None
    rows = []
    for measure in definitions.load(system).values():
        found = held.rows(measure.code) if held is not None else None
        days: list[Any] = found["period"].to_pylist() if found is not None else []
        periods: list[date] = sorted(set(days))
        rows.append(
            {
                "code": measure.code,
                "name": measure.name,
                "domain": measure.domain,
                "kind": measure.source.kind.value,
                "periods": len(periods),
                "first": periods[0].isoformat() if periods else None,
                "last": periods[-1].isoformat() if periods else None,
                "organisations": len(held.organisations(measure.code)) if held is not None else 0,
            }
        )
    if args.format == "json":
        json.dump(rows, sys.stdout, indent=1)
        print()
        return 0
    for row in rows:
        known = f"{row['periods']} periods, {row['first']} to {row['last']}" if row["periods"] else "no data"
        print(f"{row['code']:<34} {row['kind']:<10} {known:<42} {row['name']}")
    return 0


def _known(code: str, known: dict[str, Measure]) -> Measure:
    import difflib

    if code not in known:
        close = difflib.get_close_matches(code, known, n=1)
        hint = f" Did you mean {close[0]}?" if close else " See them all: wherry measures list."
        raise UserError(f"There is no measure {code!r}.{hint}")
    return known[code]


def _show(args: argparse.Namespace) -> int:
    from wherry.cli import measures_show
    from wherry.performance.measures import definitions

    system = _system(args)
    measure = _known(args.code, definitions.load(system))
    return measures_show.show(measure, system, args.scope, args.split, args.format)


def _check(args: argparse.Namespace) -> int:
    from wherry.performance.measures import build, definitions, expressions
    from wherry.performance.measures.model import Kind

    known = definitions.read(_system(args))
    problems = [] if args.files else list(known.problems)
    measures = list(known.measures.values())
    if args.files:
        measures = []
        for path in args.files:
            try:
                measures.append(definitions.read_file(path))
            except UserError as error:
                problems.append(str(error))
    for measure in measures:
        if measure.source.kind is not Kind.LOADED:
            try:
                expressions.compiled(measure)
                build.check_fit(measure)
            except UserError as error:
                problems.append(str(error))
    for said in problems:
        print(said)
    print(f"{len(measures)} definitions read; wrong: {len(problems)}.")
    return 1 if problems else 0


def _template(args: argparse.Namespace) -> int:
    from wherry.performance.measures import definitions, loaded, loaded_rows
    from wherry.performance.measures.model import Kind

    system = _system(args)
    known = definitions.load(system)
    wanted = [_known(code, known) for code in args.codes]
    for measure in wanted:
        if measure.source.kind is not Kind.LOADED:
            raise UserError(f"{measure.code} is counted from {measure.source.table}: no file is wanted of it.")
    out = csv.writer(sys.stdout)
    out.writerow(loaded_rows.COLUMNS)
    out.writerows(loaded.template(wanted, system.trusts, args.period))
    return 0


def _facts(args: argparse.Namespace) -> int:
    from wherry.performance.measures.facts import TABLES, page

    if args.format == "markdown":
        sys.stdout.write(page())
        return 0
    for fact in TABLES.values():
        print(f"{fact.name} ({fact.origin}): {fact.row}; counted on {fact.moment}.")
        if fact.needs:
            print(f"  made from {', '.join(fact.needs)}")
        for column in fact.columns:
            print(f"  {column.name:<26} {column.type.value:<7} {column.words}")
        print()
    return 0
