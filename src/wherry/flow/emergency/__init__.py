"""The emergency department and the ambulances: exact definitions of every time that is measured, and who is there now.

Every measure is a clock (`clocks`): it starts, it ends, or it can no longer end. A clock that is still running counts
as over its limit from the moment at which it passes it, so that nobody who is still waiting flatters a number.
"""
