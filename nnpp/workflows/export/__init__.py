"""`nnpp export`."""
