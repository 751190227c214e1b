"""Artificial hospital life: weeks of it without identities, and days of messages about people who do not exist."""
