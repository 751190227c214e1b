"""Measures: defined once as data, computed the same way everywhere, kept as numerator and denominator."""
