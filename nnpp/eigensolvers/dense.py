"""Dense solver: all levels, H = U diag(E) U†, by LAPACK or cuSOLVER."""

from nnpp.eigensolvers.wanted import Solution, Wanted
from nnpp.hamiltonian.interface import Hamiltonian
from nnpp.linalg.eigh import eigh


def dense(H: Hamiltonian, wanted: Wanted) -> Solution:
    """Return the wanted levels [hartree] and their states from the matrix of H."""
    return wanted.of(*eigh(H.matrix()))
