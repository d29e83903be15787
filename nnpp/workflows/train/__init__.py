"""`nnpp init-fit` and `nnpp train`."""
