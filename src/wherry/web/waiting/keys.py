"""Pathway keys in addresses. A key is whatever a trust sent, so a slash in one must not end the address."""

from __future__ import annotations


def to_address(key: str) -> str:
    """A key as one segment of an address, before percent-encoding.

    >>> to_address("RM1:A/1~"), from_address(to_address("RM1:A/1~"))
    ('RM1:A~s1~t', 'RM1:A/1~')
    """
    return key.replace("~", "~t").replace("/", "~s")


def from_address(segment: str) -> str:
    """The key that an address means."""
    return segment.replace("~s", "/").replace("~t", "~")


class KeyConverter:
    """Django's path converter for pathway keys."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """The key."""
        return from_address(value)

    def to_url(self, value: str) -> str:
        """The segment."""
        return to_address(value)
