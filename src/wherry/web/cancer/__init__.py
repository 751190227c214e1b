"""One list of everybody on a cancer pathway."""
