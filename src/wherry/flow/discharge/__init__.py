"""Leaving hospital: criteria to reside, tasks, delays, lost bed days, escalation. Pure rules over what people record.

from wherry.flow.discharge import acts, settings
position = acts.replay(found, settings.load())        # found: acts.Act rows of one patient's stay
"""
