"""Memory and processor time of the levels of a dot, from counted operations.

Of the two levels of the search (nnpp/dots/edges.py), the coarse one applies H about 40 times to
each occupied state, and the fine one about 75 times to each wanted state and its guard states.
An application is two Fourier transforms of 2.5 n log₂ n operations a part, and with projectors
two products with their matrix.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnpp.basis.half_sphere import fft_shape
from nnpp.devices.parallel import device_memory
from nnpp.dots.coarse import usual_cutoff
from nnpp.errors import InputError
from nnpp.hamiltonian.dot_system import is_passivant
from nnpp.potentials.potential import Potential
from nnpp.terms.projectors import radial_projectors
from nnpp.workflows.dot.case import DotCase

REAL = 8
"""Bytes of a number."""

GUARDS = 12
"""Levels computed in addition to those wanted on one side of the gap."""

COARSE_EACH, FINE_EACH = 40, 75
"""Applications of H to each function, on the coarse and on the fine level."""

MIXINGS = 16
"""Products of all occupied coarse functions with each other."""

FFT_RATE, PRODUCT_RATE = 1.5e9, 1.0e10
"""Operations per second of transforms and of matrix products on one core."""

BLOCKS_COARSE, BLOCKS_FINE, BOXES = 4, 12, 24
"""Blocks of functions and real boxes of points that are held at a time."""

FACTOR, CHEAP = 1.5, 1.26
"""Points of the boxes of both levels, relative to those that hold the plane waves."""


@dataclass(frozen=True)
class Estimate:
    """Size of a calculation.

    Attributes:
        rows: plane waves.
        coarse_rows: plane waves of the coarse level.
        coarse_cutoff: its cutoff [hartree].
        memory: largest memory [bytes].
        seconds: processor time on one core [s].
    """

    rows: float
    coarse_rows: float
    coarse_cutoff: float
    memory: float
    seconds: float


def estimate(case: DotCase, wanted: int) -> Estimate:
    """Return the size of a calculation, before anything is built.

    Args:
        case: the dot.
        wanted: number of states.
    """
    E, parts = case.basis.cutoff, 4 if case.spinor else 1
    low = usual_cutoff(E, case.occupied)
    cell = np.diag(case.box)
    points = float(np.prod([float(x) for x in fft_shape(cell, E, FACTOR)]))
    if case.job is not None:
        points = float(np.prod(case.job.shape))
    few_points = float(np.prod([float(x) for x in fft_shape(cell, low, CHEAP)]))
    volume = float(np.prod(case.box))
    rows = points if case.job is not None else _count(volume, E)
    few_rows = _count(volume, low)
    columns, m = _columns(case.source.potential, case, E), case.occupied + 24
    sides = wanted + 2 * GUARDS
    memory = REAL * (
        parts * (BLOCKS_COARSE * m * few_rows + (m + BLOCKS_FINE * sides / 2) * rows)
        + columns * rows
        + BOXES * points
    )
    fine, coarse = FINE_EACH * sides, COARSE_EACH * m
    transforms = parts * (fine * _of_fft(points) + coarse * _of_fft(few_points)) / FFT_RATE
    products = 2 * parts * few_rows * (MIXINGS * m**2 + 2 * columns * coarse)
    products += 4 * parts * rows * columns * fine
    return Estimate(rows, few_rows, low, memory, transforms + products / PRODUCT_RATE)


def refuse_too_large(case: DotCase, size: Estimate) -> None:
    """Raise an error for a calculation beyond the memory of the device."""
    available = device_memory()
    if available is not None and size.memory > available:
        raise InputError(
            f"about {size.memory / 1e9:,.1f} GB of memory are needed, of "
            f"{available / 1e9:.1f}: {len(case.dot.symbols):,} sites, "
            f"about {size.rows:,.0f} plane waves",
            "lower --cutoff, choose a smaller --box, or a smaller dot",
        )


def _count(volume: float, cutoff: float) -> float:
    """Return the number of plane waves, Ω K³/6π² with K²/2 = E."""
    return volume * (2 * cutoff) ** 1.5 / (6 * np.pi**2)


def _of_fft(points: float) -> float:
    """Return the operations of the transforms of one product with V(r)."""
    return 2 * 2.5 * points * np.log2(points)


def _columns(potential: Potential, case: DotCase, cutoff: float) -> int:
    """Return the number of projectors of all atoms."""
    atoms = sum(not is_passivant(s, potential) for s in case.dot.symbols)
    return atoms * sum(_each(potential, float(np.sqrt(2 * cutoff))))


def _each(potential: Potential, longest: float) -> Iterator[int]:
    """Yield the projectors of an atom for each weight of each term."""
    for term, _ in potential.strengths.by_term():
        for W in term.weights:
            radial = radial_projectors(W, longest, term.l)
            yield radial.A.shape[1] * (2 * term.l + 1)
