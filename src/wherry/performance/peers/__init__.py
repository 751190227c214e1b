"""Peers: similar trusts by a stated distance, and where a trust stands among them."""

from wherry.performance.peers.compare import Benchmark, Opportunity
from wherry.performance.peers.funnel import Adjust, Funnel
from wherry.performance.peers.group import ALL, NEAREST, PICK, REGION, PeerGroup
from wherry.performance.peers.ranks import Rank
from wherry.performance.peers.room import Room, open_room
from wherry.performance.peers.settings import load as load_settings

__all__ = [
    "ALL",
    "NEAREST",
    "PICK",
    "REGION",
    "Adjust",
    "Benchmark",
    "Funnel",
    "Opportunity",
    "PeerGroup",
    "Rank",
    "Room",
    "load_settings",
    "open_room",
]
