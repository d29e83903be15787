"""Nanocrystals: the states near the gap, and properties computed from them."""
