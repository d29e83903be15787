"""Hamiltonians: the interface that eigensolvers use, and H(k) of a bulk crystal."""
