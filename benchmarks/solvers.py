"""When is Davidson faster than dense `eigh`, and when are Fourier transforms faster than H?

zb-CdSe at one k-point without symmetry, cutoff by cutoff, on one core: seconds of each solver,
and of H on a block of functions as a matrix and by transforms, assembling included once in the
dozen times that a solution applies it.
"""

import os
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.crystals import CRYSTALS
from benchmarks.floor import median
from benchmarks.process import ran
from benchmarks.record import record
from benchmarks.sample import published
from nnpp.basis.rules import PER_K
from nnpp.eigensolvers.davidson import davidson, fits
from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.wanted import Lowest
from nnpp.hamiltonian.bulk import at_shells, hamiltonian, system, values
from nnpp.hamiltonian.operator import PlaneWaveHamiltonian
from nnpp.linalg.blocks import split
from nnpp.structures.kpoints import listed

CUTOFFS = (2.5, 4.0, 5.0, 7.0, 10.0, 14.0, 20.0, 28.0)
LEVELS = (4, 8, 16)
LARGEST_DENSE, APPLIED, COLUMNS = 1200, 12, 12
"""Most plane waves for dense; times that H is applied in a solution; its columns."""


def run() -> None:
    """Measure on one core in a separate process."""
    script = "from benchmarks.solvers import table; table()"
    done = ran(
        "-c", script, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", JAX_NUM_CPU_DEVICES="1"
    )
    print(done.output, end="")


def table() -> None:
    """Print and record one line for each cutoff."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rows = []
    print("     N   dense  davidson: 4    8   16 levels    matrix   Fourier [ms]")
    for cutoff in CUTOFFS:
        H = _hamiltonian(cutoff)
        row: dict[str, float] = {"N": H.waves}
        if H.waves <= LARGEST_DENSE:
            row["dense"] = _ms(jax.jit(partial(dense, wanted=Lowest(8))), H)
        for n in (n for n in LEVELS if fits(H, n) and H.coarse_waves(n)):
            row[f"davidson_{n}"] = _ms(jax.jit(partial(davidson, wanted=Lowest(n))), H)
        row["matrix"], row["fourier"] = _applied(H)
        rows.append(row)
        dense_ms = f"{row['dense']:7.1f}" if "dense" in row else "      —"
        times = [row.get(f"davidson_{n}") for n in LEVELS]
        three = " ".join("      —" if t is None else f"{t:7.1f}" for t in times)
        applied = f"{row['matrix']:7.1f}   {row['fourier']:7.1f}"
        print(f"{H.waves:6} {dense_ms}   {three}      {applied}")
    record("solvers", {"milliseconds": rows})


def _hamiltonian(cutoff: float) -> PlaneWaveHamiltonian:
    """Return H at a k-point without symmetry."""
    crystal, _ = CRYSTALS["zb-CdSe"]
    s = system(crystal, listed(crystal, [[0.11, 0.23, -0.31]]), cutoff, PER_K)
    potential = published("Cd", "Se")
    waves = jax.tree.map(lambda x: x[0], s.waves)
    return jax.jit(lambda p: hamiltonian(waves, s, values(at_shells(p, s), s)))(potential)


def _applied(H: PlaneWaveHamiltonian) -> tuple[float, float]:
    """Return the times of H on functions [ms]: as a matrix with its assembly, and by FFT."""
    rng = np.random.default_rng(0)
    X = split(jnp.asarray(rng.normal(size=(H.waves, COLUMNS)) + 0j))
    made = jax.jit(lambda H: H.assembled())
    on = jax.jit(lambda A, X: A @ X)
    matrix = _ms(made, H) / APPLIED + _ms(on, made(H), X)
    return round(matrix, 2), _ms(on, H, X)


def _ms(f, *arguments) -> float:
    """Return the median time [ms]."""
    return round(1e3 * median(lambda: f(*arguments)), 2)
