"""`nnpp transfer`."""
