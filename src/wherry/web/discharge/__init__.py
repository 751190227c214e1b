"""Leaving hospital."""
