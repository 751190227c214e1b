"""The unplanned care hub: which calls may be offered, who is responsible at any moment, and how it goes.

Flow rules 3.8; Joint Forward Plan objective 6a.
"""
