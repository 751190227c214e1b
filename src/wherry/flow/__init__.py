"""How patients flow, now and in days to come: beds, emergency, discharge, virtual wards, unplanned care.

Rules alone, as pure functions: what happened is kept as events, what stands is derived from them.
"""
