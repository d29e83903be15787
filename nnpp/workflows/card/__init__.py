"""`nnpp card` and `nnpp package`."""
