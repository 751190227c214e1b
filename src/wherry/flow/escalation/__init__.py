"""The escalation level of a hospital and of the system: a table that is data, scores that say what they are made of."""
