"""CsPbI3 with spin-orbit, 10 hartree, 32 levels, one k, dense: time and memory."""

import os

from benchmarks.process import ran, verdict

SCRIPT = """
import time
import jax, jax.numpy as jnp, numpy as np
from benchmarks.crystals import perovskite
from benchmarks.sample import published_cspbi3
from nnpp.basis.rules import SPHERE
from nnpp.structures.kpoints import listed
from nnpp.eigensolvers.dense import dense
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import levels
from nnpp.units import HARTREE_EV

potential = published_cspbi3()
crystal = perovskite()
s = system(crystal, listed(crystal, [[0.5, 0.5, 0.5]]), 10.0, SPHERE)
start = time.perf_counter()
E = np.asarray(levels(potential, s, 32, dense))[0] * HARTREE_EV
seconds = time.perf_counter() - start
split = np.abs(E[1::2] - E[::2]).max()
print(f"  N = {s.waves.K.shape[1]}, spinors {2 * s.waves.K.shape[1]}, {seconds:.0f} s")
print(f"  VBM {E[25]:.4f} eV, CBM {E[26]:.4f} eV, gap {E[26] - E[25]:.4f} eV at R")
print(f"  largest splitting of a Kramers pair {split:.1e} eV")
"""


def run() -> None:
    """Measure in a separate process, with all cores for LAPACK."""
    threads = str(os.cpu_count())
    done = ran("-c", SCRIPT, OPENBLAS_NUM_THREADS=threads, OMP_NUM_THREADS=threads)
    print(done.output, end="")
    peak = f"{done.peak_gb:.2f} GB, {verdict(done.peak_gb, 4)}"
    print(f"  peak memory {peak}; {done.seconds:.0f} s for the complete process")
