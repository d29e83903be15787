"""The Hamiltonian: H(k) of a bulk crystal."""
