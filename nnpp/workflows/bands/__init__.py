"""`nnpp bands`."""
