"""Indicator methods of public health: proportions, rates, standardisation, life expectancy, inequality, funnels."""
