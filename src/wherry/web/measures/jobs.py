"""The background job of measures: count values again, after figures were loaded or withdrawn."""

from __future__ import annotations

from django_tasks import task


@task()
def count_again() -> None:
    """Build the values of measures where an input has changed. Two at once: the second finds nothing to do."""
    from wherry.web.measures import sources

    sources.rebuild()
