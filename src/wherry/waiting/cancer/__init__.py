"""Cancer: the three clocks, the timed pathways, what is late and whose it is, shared breaches, and where to go sooner.

Everything here is a pure function over tables. The clocks are contract B (`waits`); the hub calls `derive`.
"""
