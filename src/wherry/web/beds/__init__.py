"""Bed state."""
