"""`wherry peers`: a trust among similar trusts: median and quartiles, rank with its uncertainty, theoretical gap."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `peers`."""
    top = subparsers.add_parser(
        "peers", help="a trust among similar trusts, in published measures", description=__doc__
    )
    top.add_argument("trust", metavar="TRUST", help="ODS code, such as RM1")
    top.add_argument("--measure", action="append", default=[], metavar="CODE", help="again for more; default: all")
    top.add_argument("--group", choices=("nearest", "region", "all"), default="nearest", help="who the peers are")
    top.add_argument("--nearest", type=int, default=None, metavar="N", help="how many of the nearest trusts")
    top.add_argument("--peer", action="append", default=[], metavar="CODE", help="own choice instead; again for each")
    top.add_argument("--system", default="norfolk-waveney", help="whose settings and measures (default: %(default)s)")
    top.add_argument("--hub", type=Path, default=None, metavar="DIR", help="the hub's folder")
    top.add_argument("--format", choices=("table", "json"), default="table")
    top.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from wherry.performance import peers
    from wherry.performance.peers import show
    from wherry.reference import system as systems

    room = peers.open_room(systems.load(args.system), args.hub)
    kind = peers.PICK if args.peer else args.group
    of = room.group(args.trust, kind, count=args.nearest, picked=args.peer)
    wanted = args.measure or list(room.measures)
    rows = [(room.panel(code).measure, room.compare(of, code)) for code in wanted]
    if args.format == "json":
        document = show.group_json(of, room.settings)
        document["measures"] = [show.benchmark_json(measure, row, room.settings.reasons) for measure, row in rows]
        print(json.dumps(document, indent=1, ensure_ascii=False))
        return 0
    print(f"{of.trust.code} {of.trust.name} among its {of.name} ({'; '.join(of.vintages)})")
    for peer in of.peers:
        apart = "" if peer.distance is None else f"{peer.distance:5.2f}"
        print(f"  {peer.trust.code:6}{apart:>6}  {peer.trust.name}, {peer.trust.region}")
    for code in of.missing:
        print(f"  {code:6}        not among the published trusts")
    for measure, row in rows:
        print(show.words(measure, row))
        for code, why in row.silent.items():
            print(f"  left out: {code}, {why}")
    if any(row.opportunities for _, row in rows):
        print("Theoretical gaps are never added up. " + " ".join(room.settings.reasons))
    return 0
