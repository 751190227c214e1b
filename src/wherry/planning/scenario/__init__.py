"""A scenario: what is assumed about the years to come, each assumption with its source, in one readable file."""
