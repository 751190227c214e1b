"""Patients through wards, hour by hour: what a formula for beds cannot answer."""
