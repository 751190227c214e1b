"""`wherry flow listen`: the door for HL7 v2 messages over MLLP (docs/live-feed.md)."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `listen`."""
    from wherry.web.feed.listener import process

    parser = subparsers.add_parser("listen", help="take in HL7 v2 ADT messages over MLLP")
    process.add_options(parser)
    parser.set_defaults(run=_listen)


def _listen(args: argparse.Namespace) -> int:
    from wherry.cli.run import _migrate
    from wherry.web.feed.listener import process

    settings = process.settings_of(args)
    _migrate()
    process.listen(settings, args.every)
    return 0
