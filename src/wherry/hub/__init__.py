"""The hub: extracts in, one published snapshot out."""
