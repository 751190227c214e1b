"""One human being, one key: links the identities that organisations hold to people, and undoes it when told to.

linked = link(identities, decisions)
linked.assignments   # identity_key, person_key, matched_by, match_weight
linked.reviews       # pairs that a human must decide, with the reason in words
"""

from wherry.hub.linkage.core import Linked, link
from wherry.hub.linkage.decisions import DECISION_SCHEMA, no_decisions
from wherry.hub.linkage.verdicts import LinkSettings

__all__ = ["DECISION_SCHEMA", "LinkSettings", "Linked", "link", "no_decisions"]
