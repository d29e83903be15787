"""Where a level is: its share within spheres about the atoms of each element.

θ_s(r), one within R_s of an atom of s and zero elsewhere, is a local operator as V is, of form
factor ∫_{r<R} e^{−iq·r} d³r = 4πR³ j₁(qR)/(qR). It is known up to the longest |G−G′|, as |ψ|²,
so that ⟨ψ|θ_s|ψ⟩ is exact. What lies between spheres is nobody's.
"""

from functools import partial

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.spatial import KDTree

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import jit_blocking
from nnpp.eigensolvers.choice import Solver, automatic
from nnpp.hamiltonian.bulk import AtShells, System, Values, at_shells, hamiltonian
from nnpp.observables.bands import check_room
from nnpp.observables.batched import LevelRequest, in_rows, map_row
from nnpp.potentials.potential import Potential
from nnpp.structures.crystal import Crystal

NEIGHBOURS = 12
"""Of an atom, among which is the one that its sphere meets first."""

SMALL = 1e-3
"""Below this qR the form factor is known by its series."""


def touching(crystal: Crystal, sizes: tuple[float, ...]) -> tuple[float, ...]:
    """Radii in the ratio of `sizes`, one an element, as large as they may be apart [bohr]."""
    x, size = np.asarray(crystal.fractional), np.array(sizes)
    of_atom = size[np.asarray(crystal.species_of_atom)]
    n = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cell, atoms = np.asarray(crystal.cell), len(x)
    every = (x[None] + n[:, None]).reshape(-1, 3) @ cell
    distance, which = map(np.asarray, KDTree(every).query(x @ cell, NEIGHBOURS + 1))
    both = of_atom[:, None] + of_atom[which[:, 1:] % atoms]
    suggest = (distance[:, 1:] / both).min()
    return tuple(float(suggest * one) for one in sizes)


def form_factor(q: Float[Array, " shell"], R: float) -> Float[Array, " shell"]:
    """4πR³ j₁(qR)/(qR) [bohr³]."""
    x = jnp.where(q * R < SMALL, 1.0, q * R)
    j = jnp.where(
        q * R < SMALL, 1 / 3 - (q * R) ** 2 / 30, (jnp.sin(x) / x - jnp.cos(x)) / x**2
    )
    return 4 * jnp.pi * R**3 * j


def levels_in_spheres(
    potential: Potential,
    system: System,
    n: int,
    radii: tuple[float, ...],
    solve: Solver = automatic,
) -> tuple[Float[Array, "k level"], Float[Array, "k level species"]]:
    """The `n` lowest levels at every k [hartree], and their shares about each element."""
    check_room(potential, system, n)
    row = partial(_row, radii=radii)
    return in_rows(row, [LevelRequest(at_shells(potential, system), system, n, solve)])[0]


@partial(jit_blocking, static_argnames=("n", "solve", "radii"))
def _row(
    numbers: tuple[AtShells, ...],
    systems: tuple[System, ...],
    n: int,
    solve: Solver,
    radii: tuple[float, ...],
) -> tuple[tuple[Array, Array], ...]:
    """Systems of equal shapes."""

    def at_k(
        waves: PlaneWaves, numbers: AtShells, V: Values, system: System
    ) -> tuple[Array, Array]:
        H = hamiltonian(waves, system, V)
        E, psi = solve(H, n)
        apart, found = psi.reshape(H.spins, -1, n), []
        for s, R in enumerate(radii):
            theta = (
                jnp.zeros((len(system.q), len(radii))).at[:, s].set(form_factor(system.q, R))
            )
            inside = system.local.operator(system.local.box(theta), waves)
            found.append(inside.expectation(apart))
        return E, jnp.stack(found, axis=-1)

    return map_row(at_k, numbers, systems, n, solve)
