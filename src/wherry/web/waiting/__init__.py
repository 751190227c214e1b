"""The waiting list on screen: the list itself, one pathway, and the validation of doubtful ones."""

from __future__ import annotations


def warm() -> None:
    """Sort what pathway pages look up, once a snapshot, before anybody waits for it. Without a snapshot: nothing."""
    from wherry.web import snapshot
    from wherry.web.waiting.lookup import lookup_of

    current = snapshot.current()
    if current is not None:
        lookup_of(current, wait=True)
