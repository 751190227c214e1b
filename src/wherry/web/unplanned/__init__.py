"""Unplanned care hub."""
