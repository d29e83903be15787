"""`nnpp dot`: nanocrystals."""
