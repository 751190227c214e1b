"""Inequalities."""
