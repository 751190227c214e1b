"""People, their memberships, failed sign-ins and the audit log."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models

from wherry.web.access.permissions import Role


class User(AbstractUser):
    """An account of one person. Roles come from memberships; `is_staff` and `is_superuser` mean nothing here."""

    @property
    def display_name(self) -> str:
        """Forename and surname, or the user name."""
        return self.get_full_name() or self.username


class Membership(models.Model):
    """A role that one person holds at one organisation."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.CharField(max_length=10)
    role = models.CharField(max_length=40, choices=[(role.value, role.words) for role in Role])
    reason = models.CharField(max_length=500)
    granted_by = models.CharField(max_length=150)
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation", "role"], name="one_membership_a_role_and_place")
        ]
        ordering = ["organisation", "role"]

    def __str__(self) -> str:
        return f"{self.user} is {Role(self.role).words} at {self.organisation}"


class SignInFailure(models.Model):
    """A refused sign-in, by account and address: what the sign-in limit counts. Kept for a day.

    `account` is a hash of the user name as typed: people type passwords into the wrong box.
    """

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["account", "address", "at"])]

    def __str__(self) -> str:
        return f"refused from {self.address} at {self.at:%Y-%m-%d %H:%M:%S}"


class AuditEvent(models.Model):
    """One line of the audit log. Never changed, never removed: database triggers refuse both.

    `hash` is the SHA-256 of the canonical line, which holds the hash of the line before it.
    """

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150, db_index=True)
    roles = models.CharField(max_length=200)
    organisations = models.CharField(max_length=500)
    action = models.CharField(max_length=80, db_index=True)
    subject_kind = models.CharField(max_length=40)
    subject_key = models.CharField(max_length=200, db_index=True)
    organisation = models.CharField(max_length=10, blank=True)
    purpose = models.CharField(max_length=80)
    detail = models.TextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.actor} {self.action} {self.subject_key}"
