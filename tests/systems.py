"""Crystals and potentials that many tests share, each with the source of its numbers."""

from dataclasses import replace
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.basis.rules import PER_K, Rule
from nnpp.eigensolvers.davidson import davidson
from nnpp.eigensolvers.dense import dense
from nnpp.eigensolvers.wanted import Wanted
from nnpp.hamiltonian.bulk import System, system
from nnpp.potentials.neural import STARTS, Envelope, Gaussian, Network, Neural, Radial
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.table import Table
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.kpoints import listed

FCC = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
EIGHTH = np.array([[0.125] * 3, [-0.125] * 3])
A_CDSE = 11.4485278

ZUNGER = {
    "Cd": (-31.4518, 1.3890, -0.0502, 1.6603),
    "Se": (8.4921, 4.3513, 1.3600, 0.3227),
    "Pb": (88.83, 2.605, 4.2869, 0.5195),
    "I": (113.756, 2.1413, 2.8422, 0.5671),
    "Cs": (0.0, 0.73523927, 2.46919399, 1.33888287),
}
"""Published Zunger parameters a0 … a3 (hartree, bohr)."""

CSPBI3 = {"Pb": (7.7899, 1.064, -0.00808), "I": (3.0344, 0.0451, 0.0022), "Cs": (0.0, 0.0, 0.0)}
"""Published a5 (spin-orbit), a6 and a7 (non-local) of cubic CsPbI3."""


def zincblende(cation: str = "Cd", anion: str = "Se", a: float = A_CDSE) -> Crystal:
    """Two atoms about the centre of their bond."""
    return crystal(FCC * a, EIGHTH, (cation, anion))


def perovskite() -> Crystal:
    """Cubic CsPbI3, a = 11.884 bohr."""
    halves = [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5, 0.5, 0.5]]
    return crystal(np.eye(3) * 11.884, halves, ("Pb", "I", "I", "I", "Cs"))


def zunger(*species: str) -> Zunger:
    """The published form of `species`."""
    return Zunger(jnp.array([ZUNGER[s] for s in species]))


def cdse() -> Potential:
    """zb-CdSe in its published form."""
    return Potential(zunger("Cd", "Se"), Strengths(), ("Cd", "Se"))


def cspbi3() -> Potential:
    """CsPbI3 with its published spin-orbit and non-local strengths."""
    a = jnp.array([CSPBI3[s] for s in ("Pb", "I", "Cs")])
    strengths = Strengths({"spin_orbit": a[:, 0], "nonlocal": a[:, 1:]})
    return Potential(zunger("Pb", "I", "Cs"), strengths, ("Pb", "I", "Cs"))


def neural(
    network: Network, envelope: Envelope, reference: Zunger | None, key: jax.Array
) -> Neural:
    """A network with random weights on top of `reference`."""
    fixed = None if reference is None else tuple(map(tuple, reference.a.tolist()))
    return Neural(None, fixed, network, envelope).redraw(key)


def everything(species: tuple[str, ...] = ("Cd", "Se"), spin: bool = True) -> Potential:
    """A network on the Zunger form with random weights, and every strength, none zero."""
    key, *keys = jax.random.split(jax.random.key(3), 5)
    also = jax.random.key(4)
    network = Network(
        Radial(0.5, 0.5, 6.0), (8, 8), len(species), last=STARTS["xavier"], scale=0.5
    )
    local = neural(network, Gaussian(4.0), zunger(*species), key)
    draw = [0.3 * jax.random.normal(k, (len(species), 2)) for k in keys]
    strengths = Strengths(
        {"nonlocal": draw[1]},
        spin_orbit=1 + draw[0][:, 0] if spin else None,
        s_wave=0.1 * jax.random.normal(also, (len(species), 2)),
        charge=draw[2][:, 0],
        strain=draw[3],
    )
    return Potential(local, strengths, species)


def table() -> Potential:
    """Form factors at four lengths of zb-CdSe and three of the generic system, nowhere else."""
    cubic = 2 * np.pi / A_CDSE * np.sqrt([3.0, 4.0, 8.0, 11.0])
    q = np.concatenate([cubic, np.asarray(generic().q)[[2, 5, 20]]])
    v = np.array([[-60, -20], [-9, 12], [5, 7], [11, 3], [-40, -30], [-20, 9], [12, 8]], float)
    return Potential(Table(tuple(q.tolist()), jnp.asarray(v)), Strengths(), ("Cd", "Se"))


POTENTIALS = {
    "zunger": cdse,
    "table": table,
    "everything": everything,
    "spinless": lambda: everything(spin=False),
}
"""Potentials over which the laws run."""


def few(H, wanted: Wanted):
    """Davidson with so small a coarse matrix that it has work to do in small bases."""
    return davidson(replace(H, coarse=wanted.n + 8), wanted)


SOLVERS = {"dense": dense, "davidson": few}
"""Eigensolvers over which the laws run; a new one is one more entry."""

every_solver = pytest.mark.parametrize(
    "solver",
    ["dense", *(pytest.param(s, marks=pytest.mark.slow) for s in SOLVERS if s != "dense")],
)

BOTH = [
    pytest.param(name, solver, marks=[pytest.mark.slow] * slow)
    for name in POTENTIALS
    for solver in SOLVERS
    for slow in [solver != "dense" or name == "spinless"]
]
"""Of potentials and solvers; `everything` has the terms of those that are slow, and more.

Davidson's levels are held against dense ones in a file of their own.
"""

GXL = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0.5, 0.5]])
"""Γ, X and L of a face-centred cubic cell."""


LOW_SYMMETRY = np.array([[0.01, 0.004, 0.0], [0.004, -0.006, 0.003], [0.0, 0.003, 0.02]])
"""A strain that leaves zinc blende no rotation but the identity."""

GENERIC_K = np.vstack([GXL, [[0.13, 0.27, -0.31], [-0.21, 0.05, 0.4]]])


def at(structure: Crystal, k, cutoff: float = 3.0, rule: Rule = PER_K) -> System:
    """`structure` at the fractional k-points `k`, with a sharp cutoff."""
    return system(structure, listed(structure, np.atleast_2d(k)), cutoff, rule)


@lru_cache
def generic() -> System:
    """zb-CdSe strained until no symmetry is left, at Γ, X, L and two other points."""
    return at(zincblende().strained(LOW_SYMMETRY), GENERIC_K)
