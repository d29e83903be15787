"""States near the gap of dots of zb-CdSe: processor time, memory, applications, and the floor.

    python -m benchmarks dots                 65 to 291 sites
    python -m benchmarks.dots ATOMS…          other sizes

Published form, 5 hartree, 8 states on each side to a residual of 1e-5 hartree. Each dot runs in
a process of its own with an empty cache of compiled programs. The floor is the time of the
Fourier transforms alone: two for each application of H, on the box of its level.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.process import ran
from benchmarks.record import record
from benchmarks.sample import published
from nnpp.basis.half_sphere import Shape
from nnpp.basis.rules import PER_K
from nnpp.dots.coarse import usual_cutoff
from nnpp.dots.edges import edges
from nnpp.hamiltonian.dot_system import dot_system, hamiltonian
from nnpp.units import HARTREE_EV
from nnpp.workflows.dot.build import run_build
from nnpp.workflows.dot.options import Request

ATOMS = (29, 87, 175)
CUTOFF, STATES = 5.0, 8


def run(atoms: Sequence[int] = ATOMS) -> None:
    """Print and record one line for each dot, and the exponents in the number of sites."""
    print(" sites    rows   wall   CPU  floor [s]  ratio  coarse   fine  a state    GB  gap/eV")
    rows = []
    for n in atoms:
        with tempfile.TemporaryDirectory() as cache:
            script = f"from benchmarks.dots import one; one({n})"
            done = ran("-c", script, JAX_COMPILATION_CACHE_DIR=cache)
        row = json.loads(done.output.splitlines()[-1]) | {"gb": done.peak_gb}
        rows.append(row)
        print(
            f"{row['sites']:6} {row['rows']:7} {row['wall']:6.1f} {row['cpu']:5.1f} "
            f"{row['floor']:10.1f} {row['cpu'] / row['floor']:6.1f} {row['coarse']:7} "
            f"{row['fine']:6} {row['fine'] / (2 * STATES):8.0f} {row['gb']:5.2f} "
            f"{row['gap_ev']:7.3f}"
        )
    if len(rows) > 1:
        sites = np.log([row["sites"] for row in rows])
        for name in ("cpu", "floor"):
            exponent = np.polyfit(sites, np.log([row[name] for row in rows]), 1)[0]
            print(f"  {name} grows as sites^{exponent:.2f}")
    record("dots", {"cutoff_hartree": CUTOFF, "states": 2 * STATES, "rows": rows})


def one(atoms: int) -> None:
    """Solve one dot and print its numbers as JSON."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        of = run_build("zb-CdSe", Request(atoms=atoms, out=Path(folder) / "dot.xyz")).dot
    system = dot_system(of, CUTOFF, PER_K)
    H = hamiltonian(published("Cd", "Se"), system)
    found = edges(H, of.occupied, STATES, STATES)
    wall, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    coarse = H.coarse(usual_cutoff(H.cutoff, of.occupied))
    floor = found.coarse_applications * _transforms(coarse.sphere.shape)
    floor += found.fine_applications * _transforms(system.sphere.shape)
    numbers = {
        "sites": len(of.symbols),
        "rows": H.rows,
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "floor": floor,
        "coarse": found.coarse_applications,
        "fine": found.fine_applications,
        "missed": float(found.missed),
        "residual": float(jnp.max(found.residual)),
        "gap_ev": float(found.E[found.valence] - found.E[found.valence - 1]) * HARTREE_EV,
    }
    print(json.dumps(numbers))


def _transforms(shape: Shape, times: int = 20) -> float:
    """Return the processor time of a transform of a real function and back [s]."""
    there_and_back = jax.jit(lambda f: jnp.fft.irfftn(jnp.fft.rfftn(f), s=shape))
    f = jnp.asarray(np.random.default_rng(0).normal(size=shape))
    jax.block_until_ready(there_and_back(f))
    start = time.process_time()
    for _ in range(times):
        f = there_and_back(f)
    jax.block_until_ready(f)
    return (time.process_time() - start) / times


if __name__ == "__main__":
    run(tuple(map(int, sys.argv[1:])) or ATOMS)
