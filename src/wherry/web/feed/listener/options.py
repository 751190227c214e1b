"""How to listen: settings, and the options of `wherry flow listen` that say them. Needs no Django."""

from __future__ import annotations

import argparse
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from wherry.errors import UserError

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Settings:
    """How to listen. `allow` names who may connect and, where given, whose messages come from there."""

    host: str = "127.0.0.1"
    port: int = 2575
    message_bytes_at_most: int = 1_000_000
    message_seconds: float = 60
    connections_at_most: int = 200
    batch: int = 200
    inbox_messages: int = 2_000
    inbox_bytes: int = 64_000_000
    answer_seconds: float = 60
    allow: Sequence[tuple[Network, str]] = ()
    tls: ssl.SSLContext | None = None


def allowed(words: Sequence[str]) -> list[tuple[Network, str]]:
    """Who may connect, from `ADDRESS` or `ADDRESS=ORGANISATION`.

    >>> allowed(["10.1.0.0/16=RM1", "::1"])
    [(IPv4Network('10.1.0.0/16'), 'RM1'), (IPv6Network('::1/128'), '')]
    """
    found: list[tuple[Network, str]] = []
    for word in words:
        address, _, organisation = word.partition("=")
        try:
            found.append((ipaddress.ip_network(address.strip(), strict=False), organisation.strip()))
        except ValueError as error:
            raise UserError(
                f"--allow {word} is not an address ({error}). Write 10.1.2.3, 10.1.0.0/16 or 10.1.2.3=RM1. "
                "The listener was not started."
            ) from error
    return found


def tls(certificate: str, key: str, clients: str) -> ssl.SSLContext | None:
    """The context for TLS 1.2 or later, or None without a certificate. With `clients`, senders must show one of its."""
    if not certificate:
        if key or clients:
            raise UserError("--tls-key and --tls-clients need --tls-certificate. The listener was not started.")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(Path(certificate), Path(key) if key else None)
        if clients:
            context.load_verify_locations(Path(clients))
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise UserError(
            f"The certificate {certificate}, its key or the clients' authority cannot be read ({error}). "
            "The listener was not started; check the paths, and that the key belongs to the certificate."
        ) from error
    return context


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `wherry flow listen`."""
    own = Settings()
    parser.add_argument("--host", default=own.host, help="address to listen on (default this machine alone)")
    parser.add_argument("--port", type=int, default=own.port)
    parser.add_argument(
        *("--allow",),
        action="append",
        default=[],
        metavar="ADDRESS[=ORGANISATION]",
        help="who may connect (again for more); the organisation is whose unreadable messages come from there",
    )
    parser.add_argument("--largest", type=int, default=own.message_bytes_at_most, help="largest message in bytes")
    parser.add_argument("--connections", type=int, default=own.connections_at_most, help="most connections at once")
    parser.add_argument("--every", type=float, default=60, metavar="SECONDS", help="how often to say the counts")
    parser.add_argument("--tls-certificate", default="", metavar="FILE", help="PEM; turns TLS on")
    parser.add_argument("--tls-key", default="", metavar="FILE")
    parser.add_argument("--tls-clients", default="", metavar="FILE", help="authority whose certificates senders show")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that the options say."""
    return Settings(
        host=args.host,
        port=args.port,
        message_bytes_at_most=args.largest,
        connections_at_most=args.connections,
        allow=allowed(args.allow),
        tls=tls(args.tls_certificate, args.tls_key, args.tls_clients),
    )
