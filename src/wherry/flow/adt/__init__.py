"""Admissions, discharges and transfers: events as they were sent, and the visits and stays that they add up to."""
