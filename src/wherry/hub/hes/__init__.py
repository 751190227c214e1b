"""Hospital episode statistics (admitted care, outpatients, A&E; artificial or pseudonymised) into typed tables.

HES has manners of its own. Dates of 1800 and 1801 mean "not submitted" and "not valid"; whole numbers come as `2.0`; an
age of 7001 to 7007 is that of a baby; a time of 4000 is not known; an operation of "-" is none. Such values become
blank, and `placeholders` of the row says what stood there. Fields without a name of ours are kept as `hes_<field>`, as
text, or typed by the metadata that comes with the artificial data. Pseudonymous ids stay as they are.

Source: NHS England, HES data dictionary (admitted patient care, outpatient, accident and emergency).
"""

from __future__ import annotations

from wherry.hub.hes.reader import HesRead, read

__all__ = ["HesRead", "read"]
