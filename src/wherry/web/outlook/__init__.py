"""The next days."""
