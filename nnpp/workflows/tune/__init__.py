"""`nnpp tune`."""
