"""Errors that a user can do something about."""

from __future__ import annotations


class UserError(Exception):
    """Says what happened, where, what was kept and what to do. Shown to the user as it is."""
