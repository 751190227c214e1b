"""What will be needed: demand, capacity and beds, with uncertainty.

A scenario (`scenario`) is one readable file. `activity` turns it, a year of activity (`baseline`) and a population
projection (`population`) into what may happen each year; `capacity` into what must exist for it; `beds` plays patients
through wards; `answers` into what a board asks.
"""
