"""Capacity, mutual aid, what happens to the list, and the six-week list of tests."""
