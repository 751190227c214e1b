"""`wherry flow listen`: the door for HL7 v2 messages over MLLP (docs/live-feed.md)."""

from __future__ import annotations

import argparse


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `listen`."""
    from wherry.web.feed.listener import options

    parser = subparsers.add_parser("listen", help="take in HL7 v2 ADT messages over MLLP")
    options.add_options(parser)
    parser.set_defaults(run=_listen)


def _listen(args: argparse.Namespace) -> int:
    from wherry.cli.flow import django_ready
    from wherry.web.feed.listener import options

    settings = options.settings_of(args)
    django_ready()
    from wherry.web.feed.listener import process

    process.listen(settings, args.every)
    return 0
