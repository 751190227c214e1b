"""Inequalities: every measure by who it is for, with gaps that say how sure they are."""
