"""Peers: similar trusts by a stated distance, and where a trust stands among them."""
