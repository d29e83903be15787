"""How does the time of a gradient grow with plane waves, k-points, bands, atoms, devices?

zb-CdSe; Σ E² and its gradient with respect to v(q), medians of three; the exponent p of
seconds ~ xᵖ by least squares through the last three points, where fixed costs matter least.
The figure is benchmarks/results/scaling.png.
"""

import json
import os
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.crystals import CRYSTALS
from benchmarks.floor import median
from benchmarks.process import ran
from benchmarks.record import RESULTS, record
from benchmarks.sample import published
from nnpp.basis.rules import PER_K
from nnpp.eigensolvers.choice import automatic
from nnpp.hamiltonian.bulk import at_shells, system
from nnpp.observables.bands import all_levels
from nnpp.observables.batched import LevelRequest
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.kpoints import listed

SWEEPS = {
    "plane waves": [{"cutoff": c} for c in (5.0, 7.0, 10.0, 14.0, 20.0, 28.0)],
    "k-points": [{"k": k} for k in (4, 8, 16, 32, 64)],
    "bands": [{"n": n} for n in (4, 8, 16, 32)],
    "atoms": [{"cells": c, "cutoff": 3.0, "k": 1, "n": 5 * c} for c in (1, 2, 4, 8, 16)],
}
"""Settings that are varied; the others are 10 hartree, 8 k-points, 8 bands, the primitive cell.

For atoms: all occupied bands and one more for each cell, at one k-point and 3 hartree.
"""

LAST = 3


def run() -> None:
    """Run each sweep in a separate process with one device for each core; then vary devices."""
    found = {name: _points(name, os.cpu_count() or 1) for name in SWEEPS}
    counts = [d for d in (1, 2, 4, 8) if d <= (os.cpu_count() or 1)]
    found["devices"] = [[d, _points("k-points", d)[-1][1]] for d in counts]
    exponents = {name: _exponent(points) for name, points in found.items()}
    for name, points in found.items():
        times = ", ".join(f"{x:g}: {seconds:.3g}" for x, seconds in points)
        power = "" if exponents[name] is None else f"; exponent {exponents[name]:.2f}"
        print(f"  {name}: {times} s{power}")
    _draw(found, exponents, RESULTS / "scaling.png")
    record("scaling", {"seconds": found, "exponents": exponents})


def _points(name: str, devices: int) -> list[list[float]]:
    """Return pairs of x and seconds."""
    call = f"print(json.dumps(sweep({name!r})))"
    script = f"import json; from benchmarks.scaling import sweep; {call}"
    done = ran(
        "-c", script,
        OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", JAX_NUM_CPU_DEVICES=str(devices),
    )  # fmt: skip
    return json.loads(done.output.splitlines()[-1])


def sweep(name: str) -> list[list[float]]:
    """Return the points of one sweep."""
    return [_point(name, **change) for change in SWEEPS[name]]


def _point(name: str, cutoff: float = 10.0, k: int = 8, n: int = 8, cells: int = 1) -> list:
    """Return the varied number and the seconds of a gradient."""
    structure = _supercell(cells)
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (k, 3))
    s = system(structure, listed(structure, points), cutoff, PER_K)
    numbers = at_shells(published("Cd", "Se"), s)

    def total(numbers):
        return jnp.sum(all_levels([LevelRequest(numbers, s, n, automatic)])[0] ** 2)

    gradient = jax.jit(jax.grad(total))
    x = {"plane waves": s.waves.K.shape[1], "k-points": k, "bands": n, "atoms": 2 * cells}
    return [x[name], round(median(lambda: gradient(numbers), 3), 4)]


def _supercell(cells: int) -> Crystal:
    """Return zb-CdSe, repeated along one axis after another, with this number of cells."""
    primitive, _ = CRYSTALS["zb-CdSe"]
    times, axis = [1, 1, 1], 0
    while np.prod(times) < cells:
        times[axis % 3], axis = 2 * times[axis % 3], axis + 1
    shifts = np.array(list(np.ndindex(*times)))
    places = (np.asarray(primitive.fractional)[:, None] + shifts).reshape(-1, 3) / times
    cell = np.asarray(primitive.cell) * np.array(times)[:, None]
    symbols = [s for s in primitive.symbols for _ in shifts]
    return crystal(cell, places, tuple(symbols))


def _exponent(points: list[list[float]]) -> float | None:
    """Return p of seconds ~ xᵖ, or None for fewer than two points."""
    if len(points) < 2:
        return None
    x, seconds = np.log(np.array(points[-LAST:])).T
    return round(float(np.polyfit(x, seconds, 1)[0]), 2)


def _draw(found: dict, exponents: dict, file: Path) -> None:
    """Draw one panel for each varied number."""
    fig, axes = plt.subplots(1, len(found), figsize=(3 * len(found), 2.8), layout="constrained")
    for ax, (name, points) in zip(axes, found.items(), strict=True):
        x, seconds = np.array(points).T
        ax.loglog(x, seconds, "o", color="C0")
        p = exponents[name]
        if p is not None:
            last = slice(-LAST, None)
            level = np.exp(np.mean(np.log(seconds[last]) - p * np.log(x[last])))
            ax.loglog(x, level * x**p, color="C1", label=f"$x^{{{p:.2f}}}$")
            ax.legend(frameon=False)
        ax.set_xlabel(name)
        ax.set_xticks(x, [f"{v:g}" for v in x], rotation=45)
        ax.minorticks_off()
    axes[0].set_ylabel("gradient [s]")
    fig.savefig(file, dpi=150)
