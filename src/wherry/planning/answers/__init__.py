"""Answers that a board can use: how much, how sure, what drives it, what each intervention returns."""
