"""Did it work: what changed, against what would have been without it."""
