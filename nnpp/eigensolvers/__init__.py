"""Eigensolvers for any Hamiltonian, and the derivative of its levels."""
