"""`nnpp report`: gaps, masses and deformation potentials of a potential."""
