"""`nnpp import`."""
