"""People, roles, organisations and the audit log. Every view says what it needs; the rest is refused."""

from __future__ import annotations

from wherry.web.access.permissions import Permission, Role
from wherry.web.access.requires import public, requires

__all__ = ["Permission", "Role", "public", "requires"]
